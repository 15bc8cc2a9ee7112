namespace Byok.Client.Writing;

/// <summary>Where the writing of a blob stands, for whoever watches.</summary>
/// <param name="Stage">What happens now, in words.</param>
/// <param name="BytesDone">Plaintext bytes encrypted and staged.</param>
/// <param name="BytesTotal">Plaintext bytes in all.</param>
public sealed record WriteProgress(string Stage, long BytesDone, long BytesTotal);
