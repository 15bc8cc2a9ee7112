using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Byok.Testing.CommandLine;

/// <summary>Bytes that look random and are the same at each run: an AES keystream named by its seed.</summary>
public static class TestBytes
{
    private const int PieceLength = 1024 * 1024;

    public static byte[] Create(int length, int seed = 1)
    {
        var bytes = new byte[length];
        var done = 0;
        foreach (var piece in Pieces(length, seed))
        {
            piece.Span.CopyTo(bytes.AsSpan(done));
            done += piece.Length;
        }

        return bytes;
    }

    /// <summary>The bytes in pieces; a piece is valid until the next is asked for.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Pieces(long length, int seed = 1)
    {
        using var aes = Aes.Create();
        var key = new byte[16];
        BinaryPrimitives.WriteInt32LittleEndian(key, seed);
        aes.Key = key;
        var iv = new byte[16];
        var zeros = new byte[PieceLength];
        var piece = new byte[PieceLength];
        for (var done = 0L; done < length; done += PieceLength)
        {
            BinaryPrimitives.WriteInt64LittleEndian(iv, done);
            aes.EncryptCbc(zeros, iv, piece, PaddingMode.None);
            yield return piece.AsMemory(0, (int)Math.Min(PieceLength, length - done));
        }
    }
}
