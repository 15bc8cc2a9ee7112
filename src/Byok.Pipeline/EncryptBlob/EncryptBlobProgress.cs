namespace Byok.Pipeline.EncryptBlob;

/// <summary>Where an encryption stands, for whoever watches.</summary>
/// <param name="Stage">What happens now, in words.</param>
/// <param name="BytesDone">Plaintext bytes encrypted and staged.</param>
/// <param name="BytesTotal">Plaintext bytes in all.</param>
public sealed record EncryptBlobProgress(string Stage, long BytesDone, long BytesTotal);
