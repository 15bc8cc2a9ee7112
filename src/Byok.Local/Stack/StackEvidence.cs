using Byok.Core.Errors;
using Byok.Local.Tokens;
using Byok.Local.Vault;

namespace Byok.Local.Stack;

/// <summary>
/// What the files of a stack say together, before <c>byok up</c> changes any. A setting that guards a key is taken from where it still stands, the
/// strictest of what is said; a token that anything speaks of is not made anew.
/// </summary>
public sealed class StackEvidence
{
    private readonly StackPaths _paths;
    private readonly StackRequest _request;
    private readonly StackState _found;
    private readonly KeptSettings? _kept;
    private readonly AgentRules _agent;
    private readonly bool _vaultHasKeys;

    private StackEvidence(StackPaths paths, StackRequest request)
    {
        _paths = paths;
        _request = request;
        IsStateLost = !File.Exists(paths.StackFile);
        _found = StackState.Load(paths);
        (_kept, _vaultHasKeys) = KeptSettings.Read(paths);
        _agent = AgentRules.Read(paths);
        if (_found.VaultSerialNumber is not null && _kept is null && !request.AcceptsTokenLoss)
        {
            throw LostDatabase(paths);
        }
    }

    /// <summary>Whether there is no <c>stack.json</c>.</summary>
    public bool IsStateLost { get; }

    public static StackEvidence Read(StackPaths paths, StackRequest request) => new(paths, request);

    public static ConfigurationException LostDatabase(StackPaths paths) =>
        new($"'{paths.VaultDatabase}' lists the vault's keys, and it is gone or is not this stack's; restore it from its backup, together with '{paths.VaultToken}'. {LocalTokens.GiveItUp}");

    /// <summary>The state as far as it is known without the tokens.</summary>
    /// <exception cref="ConfigurationException">What guards a key is known nowhere any more.</exception>
    public StackState ToState()
    {
        int?[] approvals = [IsStateLost ? null : _found.RequiredApprovals, _kept?.RequiredApprovals, _agent.RequiredApprovals];
        var required = _request.RequiredApprovals ?? approvals.Max();
        if (required is null && WasUp)
        {
            throw new ConfigurationException(
                $"'{_paths.StackFile}' is gone, and neither '{_paths.AgentFile}' nor '{_paths.VaultDatabase}' says how many approvals an export needs; restore them from their backup, or choose anew with 'byok up --require-approvals N'.");
        }

        return _found with
        {
            Host = IsStateLost ? _kept?.Host ?? StackHost.Embedded : _found.Host,
            VaultAddress = _found.VaultAddress ?? _kept?.VaultAddress ?? (_agent.Vault == new LocalVaultOptions().VaultUri ? null : _agent.Vault),
            RequiredApprovals = required ?? 0,
            DefaultKey = _request.DefaultKey ?? _found.DefaultKey ?? _kept?.DefaultKey,
            BroughtKeys = _found.BroughtKeys ?? _kept?.BroughtKeys,
            HsmSince = _found.HsmSince ?? _kept?.HsmSince,
        };
    }

    /// <summary>What is known of the token that plays the vault's HSM.</summary>
    public ExpectedToken VaultToken() =>
        Expect("vault's HSM", "--vault-token", _request.VaultSerialNumber, [_found.VaultSerialNumber, _kept?.VaultSerialNumber], _vaultHasKeys);

    /// <summary>What is known of the token that plays the customer's HSM.</summary>
    /// <param name="hasKeys">Whether the vault holds keys that came from it.</param>
    public ExpectedToken HsmToken(bool hasKeys) =>
        Expect("customer's HSM", "--hsm-token", _request.HsmSerialNumber, [_found.HsmSerialNumber, _kept?.HsmSerialNumber, _agent.SerialNumber], hasKeys);

    /// <summary>These are made after the tokens.</summary>
    private bool WasUp => _kept is not null || _vaultHasKeys || _found.Azurite is not null
        || File.Exists(_paths.AgentFile) || Directory.Exists(_paths.AgentState) || Directory.Exists(_paths.Azurite);

    private ExpectedToken Expect(string role, string option, string? named, IEnumerable<string?> said, bool hasKeys)
    {
        var known = named is null ? said.OfType<string>().Distinct().ToList() : [named];
        if (known.Count > 1 && !_request.AcceptsTokenLoss)
        {
            throw new ConfigurationException(
                $"'{_paths.StackFile}', '{_paths.VaultDatabase}' and '{_paths.AgentFile}' name different tokens for the {role}, {string.Join(" and ", known)}; restore all from the same backup, or name the right one: 'byok up {option} SERIAL'.");
        }

        return new ExpectedToken(
            known.FirstOrDefault(), (named is not null || !_request.AcceptsTokenLoss) && (known.Count > 0 || hasKeys || WasUp), $"'byok up {option} SERIAL'", LocalTokens.GiveItUp);
    }
}
