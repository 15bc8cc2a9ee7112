using System.Security.Cryptography;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Core.Transfer;
using Byok.Pkcs11.Export;
using Byok.Pkcs11.Tokens;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Byok.Pkcs11;

/// <summary>The customer's HSM: a PKCS#11 token in this process. A master key leaves it only wrapped; it is never in this process in the clear.</summary>
/// <param name="token">The token; stays the caller's.</param>
/// <param name="time">The clock that requests expire by.</param>
public sealed class Pkcs11Hsm(Pkcs11Token token, Pkcs11HsmOptions options, TimeProvider time) : IHsm
{
    private readonly AnsweredExports _answered = new(time);

    private string Name => token.Description.Label;

    public async Task<HsmDescription> DescribeAsync(CancellationToken cancellationToken)
    {
        var test = await SelfTestAsync(cancellationToken).ConfigureAwait(false);
        var description = token.Description;
        return new HsmDescription(
            description.Manufacturer, description.Model, description.FirmwareVersion, description.Label, description.SerialNumber,
            test.Mechanism is not null, test.Verdict);
    }

    public Task<IReadOnlyList<MasterKey>> ListMasterKeysAsync(CancellationToken cancellationToken) =>
        token.RunAsync<IReadOnlyList<MasterKey>>(
            session => [.. Find(session, null).Select(key => Describe(session, key)).OrderBy(key => key.Label, StringComparer.Ordinal)],
            cancellationToken);

    public async Task<MasterKey> GenerateMasterKeyAsync(string label, int sizeInBits, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(label);
        if (sizeInBits is not (2048 or 3072 or 4096))
        {
            throw new ArgumentOutOfRangeException(nameof(sizeInBits), sizeInBits, "A master key has 2048, 3072 or 4096 bits.");
        }

        await token.Exclusive.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await token.RunAsync(session => FindOrGenerate(session, label, sizeInBits), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            token.Exclusive.Release();
        }
    }

    /// <inheritdoc/>
    /// <exception cref="HsmKekRejectedException">The KEK is too small or malformed.</exception>
    /// <exception cref="HsmKeyNotFoundException">No such master key.</exception>
    /// <exception cref="HsmKeyNotExtractableException">The key may not leave the token.</exception>
    /// <exception cref="HsmMechanismMissingException">The token's wrap mechanism failed the self-test.</exception>
    public async Task<ExportedKey> ExportMasterKeyAsync(ExportRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.KekOperations is not ["import"])
        {
            throw new ExportRefusedException($"The KEK {request.KekId} allows [{string.Join(", ", request.KekOperations)}]; a KEK allows exactly [import].");
        }

        if (time.GetUtcNow() > request.ExpiresOn)
        {
            throw new ExportRefusedException($"The export request '{request.RequestId}' expired on {request.ExpiresOn:u}; start again.");
        }

        KeyExport.RequireFitKek(request.Kek);
        return await _answered.GetOrAddAsync(request, () => ExportAsync(request, cancellationToken)).ConfigureAwait(false);
    }

    private async Task<ExportedKey> ExportAsync(ExportRequest request, CancellationToken cancellationToken)
    {
        var test = await SelfTestAsync(cancellationToken).ConfigureAwait(false);
        var mechanism = test.Mechanism
            ?? throw new HsmMechanismMissingException($"The token '{Name}' cannot export keys in the transfer format. {test.Verdict}");
        return await token.RunAsync(
            session =>
            {
                var action = $"Exporting the master key '{request.KeyLabel}' from the token '{Name}'";
                var handle = FindOne(session, request.KeyLabel)
                    ?? throw new HsmKeyNotFoundException($"The token '{Name}' holds no master key '{request.KeyLabel}'; check the label, or generate the key.");
                var key = Describe(session, handle);
                if (!key.Extractable)
                {
                    throw new HsmKeyNotExtractableException($"{action} failed: the key was made with CKA_EXTRACTABLE=false and can never leave. Generate another.");
                }

                if (!key.Sensitive)
                {
                    throw new ExportRefusedException($"{action} is refused: the key is not sensitive (CKA_SENSITIVE=false), so it may have been read in the clear.");
                }

                var ciphertext = KeyExport.Wrap(session, handle, request.Kek, mechanism, action);
                return new ExportedKey(TransferBlob.Create(request.KekId, ciphertext, Generator).ToUtf8Json(), key.PublicKey);
            },
            cancellationToken).ConfigureAwait(false);
    }

    private string Generator
    {
        get
        {
            var description = token.Description;
            return $"{Product.NameAndVersion}; {description.Manufacturer} {description.Model} firmware {description.FirmwareVersion}";
        }
    }

    private Task<WrapSelfTestResult> SelfTestAsync(CancellationToken cancellationToken) =>
        WrapSelfTest.OnceAsync(token, options.VendorKeyWrapMechanism, cancellationToken);

    private MasterKey FindOrGenerate(TokenSession session, string label, int sizeInBits)
    {
        if (FindOne(session, label) is { } existing)
        {
            var key = Describe(session, existing);
            return key.PublicKey.SizeInBits == sizeInBits
                ? key
                : throw new NameTakenException($"The token '{Name}' holds a master key '{label}' of {key.PublicKey.SizeInBits} bits; choose another label, or its size.");
        }

        var id = RandomNumberGenerator.GetBytes(16);
        var (_, privateKey) = session.GenerateKeyPair(
            Mechanism.Plain(CKM.CKM_RSA_PKCS_KEY_PAIR_GEN),
            RsaTemplates.PublicKey(sizeInBits, persistent: true, label, id),
            RsaTemplates.MasterKey(persistent: true, label, id),
            $"Generating the master key '{label}' in the token '{Name}'");
        return Describe(session, privateKey);
    }

    private IObjectHandle? FindOne(TokenSession session, string label)
    {
        var found = Find(session, label);
        return found.Count <= 1
            ? found.FirstOrDefault()
            : throw new NameTakenException($"The token '{Name}' holds {found.Count} private keys with label '{label}'; give each its own label.");
    }

    private IReadOnlyList<IObjectHandle> Find(TokenSession session, string? label)
    {
        var template = new ObjectTemplate
        {
            { CKA.CKA_CLASS, CKO.CKO_PRIVATE_KEY },
            { CKA.CKA_KEY_TYPE, CKK.CKK_RSA },
            { CKA.CKA_TOKEN, true },
        };
        if (label is not null)
        {
            template.Add(CKA.CKA_LABEL, label);
        }

        return session.Find(template, $"Listing the keys of the token '{Name}'");
    }

    private MasterKey Describe(TokenSession session, IObjectHandle key)
    {
        var action = $"Reading a key's attributes in the token '{Name}'";
        return new MasterKey(
            session.ReadText(key, CKA.CKA_LABEL, action) ?? string.Empty,
            session.ReadPublicKey(key, action),
            session.ReadBool(key, CKA.CKA_SENSITIVE, action),
            session.ReadBool(key, CKA.CKA_EXTRACTABLE, action));
    }
}
