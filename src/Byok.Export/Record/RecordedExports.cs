using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Export.Approvals;
using Byok.Export.Policy;

namespace Byok.Export.Record;

/// <summary>
/// Which request ids were used, for ever: read from the record at start, kept up with it. Holds where each answer stands, not the answer.
/// Not for several threads at once.
/// </summary>
internal sealed class RecordedExports
{
    private readonly Dictionary<string, (string RequestHash, AgentRecordPosition Position)> _byRequestId = new(StringComparer.Ordinal);
    private readonly List<(DateTimeOffset RecordedOn, string Kind)> _counted = [];

    /// <summary>Exports and generated keys that were in the record at start, for the limits.</summary>
    public IReadOnlyList<(DateTimeOffset RecordedOn, string Kind)> Counted => _counted;

    public void Load(AgentRecordEntry entry, AgentRecordPosition position)
    {
        if (entry.Kind == AgentRecordKind.Exported)
        {
            _byRequestId[entry.Details["requestId"]] = (entry.Details["requestHash"], position);
        }

        if (entry.Kind is AgentRecordKind.Exported or AgentRecordKind.Generated)
        {
            _counted.Add((entry.RecordedOn, entry.Kind));
        }
    }

    /// <summary>Records an export: request, approvers and answer in one entry.</summary>
    public void Record(AgentRecord record, ExportRequest request, IReadOnlyList<string> approvers, ExportedKey answer)
    {
        var requestHash = HashOf(request);
        var details = new Dictionary<string, string>
        {
            ["requestId"] = request.RequestId,
            ["requestHash"] = requestHash,
            ["keyLabel"] = request.KeyLabel,
            ["keyThumbprint"] = answer.PublicKey.Thumbprint,
            ["kekId"] = request.KekId.ToString(),
            ["kekThumbprint"] = request.Kek.Thumbprint,
            ["approvers"] = string.Join(", ", approvers),
            ["n"] = answer.PublicKey.N,
            ["e"] = answer.PublicKey.E,
            ["transferBlob"] = Base64Url.EncodeToString(answer.TransferBlob),
        };
        _byRequestId[request.RequestId] = (requestHash, record.Append(AgentRecordKind.Exported, details));
    }

    /// <summary>Finds the answer that a request got before.</summary>
    /// <exception cref="Core.Errors.ExportRefusedException">The id was used for another request.</exception>
    public bool TryFind(AgentRecord record, ExportRequest request, [NotNullWhen(true)] out ExportedKey? answer)
    {
        answer = null;
        if (!_byRequestId.TryGetValue(request.RequestId, out var known))
        {
            return false;
        }

        if (known.RequestHash != HashOf(request))
        {
            throw RequestRules.Refusal(ExportRule.RequestReuse, $"the request id '{request.RequestId}' was used for another request; use a new one.");
        }

        var details = record.Read(known.Position).Details;
        answer = new ExportedKey(Base64Url.DecodeFromChars(details["transferBlob"]), new RsaPublicKey(details["n"], details["e"]));
        return true;
    }

    private static string HashOf(ExportRequest request) => Base64Url.EncodeToString(SHA256.HashData(CanonicalRequest.ToUtf8(request)));
}
