using System.Security.Cryptography;
using System.Text.Json;
using Byok.Core.Ports;

namespace Byok.Export.Approvals;

/// <summary>Counts the approvers whose signature over exactly this request is good. The same person twice counts once.</summary>
public sealed class ApprovalVerifier
{
    private readonly Dictionary<string, Approver> _approvers;

    /// <exception cref="ArgumentException">Two approvers have the same key.</exception>
    public ApprovalVerifier(IEnumerable<Approver> approvers)
    {
        ArgumentNullException.ThrowIfNull(approvers);
        _approvers = approvers.ToDictionary(approver => approver.Key.Thumbprint, StringComparer.Ordinal);
    }

    /// <summary>Verifies the approvals of a request.</summary>
    /// <param name="request">The request, in its form.</param>
    public ApprovalCount Verify(ExportRequest request)
    {
        var canonical = CanonicalRequest.ToUtf8(request);
        var approvers = new Dictionary<string, string>(StringComparer.Ordinal);
        var faults = new List<string>();
        foreach (var approval in request.Approvals ?? [])
        {
            if (FindFault(approval, request, canonical, out var approver) is { } fault)
            {
                faults.Add(fault);
            }
            else if (!approvers.TryAdd(approver!.Key.Thumbprint, approver.Name))
            {
                faults.Add($"{approver.Name} approved more than once, which counts once");
            }
        }

        return new ApprovalCount([.. approvers.Values.Order(StringComparer.Ordinal)], faults);
    }

    private string? FindFault(string approval, ExportRequest request, byte[] canonical, out Approver? approver)
    {
        approver = null;
        if (!ApprovalJws.TryParse(approval, out var jws))
        {
            return "one is no approval in compact JWS form";
        }

        if (!_approvers.TryGetValue(jws.Header.Kid, out approver))
        {
            return "one is by nobody whom this agent knows";
        }

        if (jws.Header.Typ != ApprovalJws.Type || jws.Header.Alg != approver.Key.Algorithm)
        {
            return $"the one by {approver.Name} is not of type {ApprovalJws.Type} and algorithm {approver.Key.Algorithm}";
        }

        if (!approver.Key.Verify(jws.SigningInput, jws.Signature))
        {
            return $"the signature in the name of {approver.Name} is not theirs";
        }

        return CryptographicOperations.FixedTimeEquals(jws.Payload, canonical)
            ? null
            : $"{approver.Name} approved another request ({Difference(jws.Payload, request)} differs)";
    }

    /// <summary>Names the members that differ; called only for a payload whose signature is good.</summary>
    private static string Difference(byte[] payload, ExportRequest request)
    {
        try
        {
            using var signed = JsonDocument.Parse(payload, new JsonDocumentOptions { MaxDepth = 2, AllowDuplicateProperties = false });
            var names = CanonicalRequest.Members(request)
                .Where(member => !signed.RootElement.TryGetProperty(member.Name, out var value) || !value.ValueEquals(member.Value))
                .Select(member => member.Name).ToList();
            return names.Count == 0 ? "its form" : string.Join(", ", names);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return "its form";
        }
    }
}
