using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Byok.Core.Envelope;
using Byok.Export.Messages;

namespace Byok.Export.Approvals;

/// <summary>
/// An approval as text: a JWS in compact serialization (RFC 7515, 7.1). The protected header holds exactly <c>alg</c>, <c>kid</c> and
/// <c>typ</c>; everything that lets a header carry or name keys (<c>jwk</c>, <c>jku</c>, <c>x5u</c>) or change the meaning (<c>crit</c>, <c>b64</c>) is refused.
/// </summary>
internal sealed record ApprovalJws(ApprovalJws.ProtectedHeader Header, byte[] Payload, byte[] SigningInput, byte[] Signature)
{
    /// <summary>The media type of approvals, so that a signature made for another purpose is none.</summary>
    public const string Type = "byok-export-approval";

    /// <summary>Longest approval, in characters.</summary>
    public const int MaxLength = 8 * 1024;

    public static bool TryParse(string text, [NotNullWhen(true)] out ApprovalJws? jws)
    {
        jws = null;
        if (text.Length > MaxLength
            || text.Split('.') is not [var header, var payload, var signature]
            || !TryDecode(header, out var headerBytes)
            || !TryDecode(payload, out var payloadBytes)
            || !TryDecode(signature, out var signatureBytes)
            || !ContractJson.TryRead<ProtectedHeader>(headerBytes, out var parsed))
        {
            return false;
        }

        jws = new ApprovalJws(parsed, payloadBytes, SigningInputOf(header, payload), signatureBytes);
        return true;
    }

    public static string Compose(ProtectedHeader header, ReadOnlySpan<byte> payload, Func<byte[], byte[]> sign)
    {
        var encodedHeader = Base64Url.EncodeToString(ContractJson.Write(header));
        var encodedPayload = Base64Url.EncodeToString(payload);
        return $"{encodedHeader}.{encodedPayload}.{Base64Url.EncodeToString(sign(SigningInputOf(encodedHeader, encodedPayload)))}";
    }

    private static byte[] SigningInputOf(string header, string payload) => Encoding.ASCII.GetBytes($"{header}.{payload}");

    private static bool TryDecode(string text, [NotNullWhen(true)] out byte[]? bytes) => StrictBase64Url.TryDecode(text, out bytes) && bytes.Length > 0;

    internal sealed record ProtectedHeader(string Alg, string Kid, string Typ);
}
