namespace Byok.Api;

/// <summary>Body of a request to rotate a key; an empty object takes every default.</summary>
/// <param name="NewLabel">Label of the new master key in the HSM; by default the key's name and the date.</param>
/// <param name="GenerateSizeInBits">Size of a master key to generate: 2048, 3072 or 4096; by default that of the present key.</param>
/// <param name="Deep">Whether the data is encrypted anew.</param>
/// <param name="GracePeriodHours">How long the old versions stay enabled after the new one is in use; parts of hours are allowed; by default as configured.</param>
public sealed record RotateKeyBody(string? NewLabel = null, int? GenerateSizeInBits = null, bool Deep = false, double? GracePeriodHours = null);
