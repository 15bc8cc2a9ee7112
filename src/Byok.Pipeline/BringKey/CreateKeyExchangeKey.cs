using System.Security.Cryptography;
using System.Text;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ledger;
using Byok.Core.Orchestration;
using Byok.Core.Ports;

namespace Byok.Pipeline.BringKey;

/// <summary>Creates the one-shot KEK of an operation. Its name comes from the operation's id, so that a second run finds the first one's.</summary>
public sealed class CreateKeyExchangeKey(IKeyVault vault, ILedger ledger, PipelineOptions options) : Activity<CreateKeyExchangeKeyInput, CreateKeyExchangeKeyResult>
{
    public const string Name = "CreateKeyExchangeKey";

    public override async Task<CreateKeyExchangeKeyResult> RunAsync(CreateKeyExchangeKeyInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var name = NameFor(input.OperationId);
        var kek = await FindAsync(name, cancellationToken).ConfigureAwait(false)
            ?? await vault.CreateKeyExchangeKeyAsync(
                name,
                options.KekSizeInBits,
                new KeyAttributes
                {
                    ExpiresOn = input.ExpiresOn,
                    Tags = new Dictionary<string, string>
                    {
                        [KeyTags.Purpose] = KeyTags.KeyExchange,
                        [KeyTags.Request] = input.OperationId,
                    },
                },
                cancellationToken).ConfigureAwait(false);
        var publicKey = kek.RequirePublicKey();
        await ledger.AppendAsync(LedgerEvents.KekCreated(input.OperationId, kek.Id, publicKey), cancellationToken).ConfigureAwait(false);
        return new CreateKeyExchangeKeyResult(kek.Id, publicKey, kek.Operations, kek.ExpiresOn ?? input.ExpiresOn);
    }

    /// <summary>The KEK's name for an operation: <c>byok-kek-</c> and 20 hex digits of SHA-256 of the operation's id.</summary>
    internal static string NameFor(string operationId) =>
        $"byok-kek-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(operationId)).AsSpan(0, 10))}";

    private async Task<VaultKey?> FindAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await vault.GetKeyAsync(name, null, cancellationToken).ConfigureAwait(false);
        }
        catch (KeyNotFoundInVaultException)
        {
            return null;
        }
    }
}

/// <summary>Which KEK to create.</summary>
/// <param name="ExpiresOn">Its <c>exp</c>.</param>
public sealed record CreateKeyExchangeKeyInput(string OperationId, DateTimeOffset ExpiresOn);

/// <summary>The KEK as the vault made it.</summary>
/// <param name="Id">Its versioned identifier.</param>
/// <param name="PublicKey">Its public part.</param>
/// <param name="Operations">Its <c>key_ops</c>.</param>
/// <param name="ExpiresOn">Its <c>exp</c>.</param>
public sealed record CreateKeyExchangeKeyResult(KeyIdentifier Id, RsaPublicKey PublicKey, IReadOnlyList<string> Operations, DateTimeOffset ExpiresOn);
