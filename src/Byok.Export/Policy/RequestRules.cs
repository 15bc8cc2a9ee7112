using System.Globalization;
using Byok.Core.Errors;
using Byok.Core.Ports;
using Byok.Export.Approvals;

namespace Byok.Export.Policy;

/// <summary>The rules that need nothing but the request, the policy and the clock: all that stands before the HSM, the vault and the record are touched.</summary>
public sealed class RequestRules
{
    private const int MaxListLength = 16;
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(2);
    private readonly ExportPolicy _policy;
    private readonly ApprovalVerifier _approvals;
    private readonly TimeProvider _time;

    public RequestRules(ExportPolicy policy, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(time);
        _policy = policy;
        _approvals = new ApprovalVerifier(policy.Approvers);
        _time = time;
    }

    /// <summary>Checks a request, rule by rule in the order of <see cref="ExportRule"/>.</summary>
    /// <returns>The names of the approvers whose approval is good.</returns>
    /// <exception cref="ApprovalsMissingException">Nothing is wrong but that approvals are missing.</exception>
    /// <exception cref="ExportRefusedException">A rule is broken.</exception>
    public IReadOnlyList<string> Check(ExportRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        CheckForm(request);
        CheckVaultAndKey(request);
        CheckKek(request);
        CheckValidity(request);
        return CheckApprovals(request);
    }

    internal static ExportRefusedException Refusal(string rule, string sentence) =>
        new(Sentence(rule, sentence)) { Rule = rule };

    private static string Sentence(string rule, string sentence) => $"The agent refuses by its rule '{rule}': {sentence}";

    private static void CheckForm(ExportRequest request)
    {
        if (!IsList(request.KekOperations) || !IsList(request.Approvals ?? []))
        {
            throw Refusal(ExportRule.RequestForm, $"key operations and approvals are lists of at most {MaxListLength} strings.");
        }

        if (!CanonicalRequest.IsWellFormed(request, out var fault))
        {
            throw Refusal(ExportRule.RequestForm, fault);
        }
    }

    private static bool IsList(IReadOnlyList<string> list) => list.Count <= MaxListLength && list.All(item => item is not null);

    private void CheckVaultAndKey(ExportRequest request)
    {
        // Scheme, host and port must be the configured ones; a user part in front of the host is part of the string and so never equal.
        var vault = request.KekId.Vault.GetLeftPart(UriPartial.Authority);
        if (!_policy.Vaults.Any(allowed => string.Equals(allowed.GetLeftPart(UriPartial.Authority), vault, StringComparison.OrdinalIgnoreCase)))
        {
            throw Refusal(ExportRule.Vault, $"keys may not go to the vault {vault}.");
        }

        if (!_policy.Keys.Any(pattern => pattern.Matches(request.KeyLabel)))
        {
            throw Refusal(ExportRule.KeyLabel, $"the key '{request.KeyLabel}' may not leave the HSM.");
        }
    }

    private void CheckKek(ExportRequest request)
    {
        var kek = request.Kek;
        if (kek.SizeInBits is not (2048 or 3072 or 4096) || kek.SizeInBits < _policy.MinimumKekSizeInBits)
        {
            throw Refusal(
                ExportRule.KekSize, $"the KEK has {kek.SizeInBits} bits; 2048, 3072 or 4096 and no fewer than {_policy.MinimumKekSizeInBits} are allowed.");
        }

        if (!kek.IsSound)
        {
            throw Refusal(ExportRule.KekShape, "the KEK's public exponent is not odd and between 65537 and 2^32, or its modulus is even.");
        }

        if (request.KekOperations is not ["import"])
        {
            throw Refusal(ExportRule.KekOperations, "the KEK's key_ops are not exactly [\"import\"].");
        }
    }

    private void CheckValidity(ExportRequest request)
    {
        var now = _time.GetUtcNow();
        var expiry = request.ExpiresOn.UtcDateTime.ToString("u", CultureInfo.InvariantCulture);
        if (request.ExpiresOn <= now)
        {
            throw Refusal(ExportRule.Validity, $"the request expired at {expiry}; start it again.");
        }

        if (request.ExpiresOn - now > _policy.MaximumValidity + ClockSkew)
        {
            throw Refusal(ExportRule.Validity, $"the request is good until {expiry}, longer than the {_policy.MaximumValidity.TotalHours:0.##} hours that are allowed.");
        }
    }

    private IReadOnlyList<string> CheckApprovals(ExportRequest request)
    {
        var count = _approvals.Verify(request);
        if (count.Approvers.Count < _policy.RequiredApprovals)
        {
            var faults = count.Faults.Count == 0 ? string.Empty : $" Of the others: {string.Join("; ", count.Faults)}.";
            var sentence = Sentence(ExportRule.Approvals, $"{count.Approvers.Count} of {_policy.RequiredApprovals} approvals are good.{faults}");
            throw new ApprovalsMissingException(sentence) { Rule = ExportRule.Approvals };
        }

        return count.Approvers;
    }
}
