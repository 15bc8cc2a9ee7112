using Byok.Core.Errors;
using Byok.Core.Ledger;
using Byok.Core.Orchestration;
using Byok.Core.Ports;

namespace Byok.Pipeline.BringKey;

/// <summary>Asks the HSM side for the master key, wrapped to the KEK. The HSM side answers a repeated request with its first answer.</summary>
public sealed class ExportMasterKey(IHsm hsm, ILedger ledger) : Activity<ExportMasterKeyInput, ExportedKey>
{
    public const string Name = "ExportMasterKey";

    /// <inheritdoc/>
    /// <exception cref="ExportRefusedException">A rule of the HSM side forbids it.</exception>
    public override async Task<ExportedKey> RunAsync(ExportMasterKeyInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var terms = input.Terms;
        var exported = await hsm.ExportMasterKeyAsync(terms with { Approvals = input.Approvals }, cancellationToken).ConfigureAwait(false);
        if (exported.PublicKey.Thumbprint != input.Thumbprint)
        {
            throw new MasterKeyMismatchException($"The HSM exported another key than the '{terms.KeyLabel}' that it listed; it was replaced meanwhile. Start again.");
        }

        await ledger.AppendAsync(
            LedgerEvents.KeyExported(terms.RequestId, terms.KeyLabel, exported.PublicKey.Thumbprint, terms.KekId, terms.Kek.Thumbprint, input.Approvals.Count),
            cancellationToken).ConfigureAwait(false);
        return exported;
    }
}

/// <summary>Which export to ask for.</summary>
/// <param name="Terms">The request as the approvers signed it, without their approvals.</param>
/// <param name="Approvals">Their approvals, compact JWS.</param>
/// <param name="Thumbprint">The master key that is expected.</param>
public sealed record ExportMasterKeyInput(ExportRequest Terms, IReadOnlyList<string> Approvals, string Thumbprint);
