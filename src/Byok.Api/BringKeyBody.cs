namespace Byok.Api;

/// <summary>Body of a request to bring a key.</summary>
/// <param name="GenerateSizeInBits">Size of a master key to generate when the HSM has none of that label: 2048, 3072 or 4096.</param>
public sealed record BringKeyBody(string Label, int? GenerateSizeInBits = null);
