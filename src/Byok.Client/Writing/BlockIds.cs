using System.Buffers.Binary;

namespace Byok.Client.Writing;

/// <summary>
/// Block ids: kind, segment, block and the random id of the attempt that staged it, 25 bytes in base64, all of one length as the
/// service demands. Two attempts never share an id, so a late attempt cannot slip its blocks under a recorded one.
/// </summary>
internal static class BlockIds
{
    private const byte DataKind = (byte)'D';
    private const byte TableKind = (byte)'T';

    public static string ForData(string attemptId, int segment, int block) => Create(DataKind, attemptId, segment, block);

    public static string ForTable(string attemptId, int segment) => Create(TableKind, attemptId, segment, 0);

    private static string Create(byte kind, string attemptId, int segment, int block)
    {
        Span<byte> id = stackalloc byte[25];
        id[0] = kind;
        BinaryPrimitives.WriteInt32BigEndian(id[1..], segment);
        BinaryPrimitives.WriteInt32BigEndian(id[5..], block);
        Convert.FromHexString(attemptId, id[9..], out _, out _);
        return Convert.ToBase64String(id);
    }
}
