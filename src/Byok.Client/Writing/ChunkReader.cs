namespace Byok.Client.Writing;

/// <summary>Reads the plaintext of a chunk that is about to be sealed.</summary>
/// <param name="index">The chunk's index.</param>
/// <param name="buffer">Receives the plaintext at its start; it is 16 bytes longer, the room for the tag.</param>
/// <param name="cancellationToken">Cancels the reading.</param>
internal delegate Task ChunkReader(long index, Memory<byte> buffer, CancellationToken cancellationToken);
