using System.Security.Cryptography.X509Certificates;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Keys.Attestation;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.Branches;
using Byok.Pipeline.BringKey;
using Byok.Pipeline.Keys;
using Byok.Pipeline.Tests.Faults;
using Byok.Storage;
using Byok.Testing;
using Byok.Testing.Core.Attestation;
using Byok.Testing.Replay;
using Byok.Testing.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Pipeline.Tests.BringKey;

/// <summary>A bring where the manufacturer's roots are pinned, by a vault that attests as Managed HSM does.</summary>
public sealed class AttestedBringTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly InMemoryVault _vault;
    private readonly InMemoryHsm _hsm = new();
    private readonly InMemoryLedger _ledger = new();
    private readonly X509Certificate2 _root = new TestPartition().Root;
    private ReplayEngine? _engine;

    public AttestedBringTests() => _vault = new InMemoryVault(_time) { Attest = Sound };

    public void Dispose()
    {
        _vault.Dispose();
        _hsm.Dispose();
        _root.Dispose();
    }

    [Theory]
    [InlineData(Firmware.Older)]
    [InlineData(Firmware.Newer)]
    public async Task Bring_FromAnHsmThatAttests_SaysByWhom(Firmware firmware)
    {
        _vault.Attest = key => TestAttestation.Of(key.Id, key.PublicKey!, IsKek(key), firmware);

        var result = await BringAsync();

        var fingerprint = _root.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256).ToLowerInvariant();
        Assert.Equal(fingerprint, result.AttestedBy);
        Assert.Equal(
            ["kek.created", "kek.attested", "key.exported", "key.imported", "key.attested", "key.activated", "kek.retired"], _ledger.Events.Select(entry => entry.Kind));
        Assert.All(_ledger.Events.Where(entry => entry.Kind.EndsWith(".attested", StringComparison.Ordinal)), entry =>
        {
            Assert.Equal(fingerprint, entry.Details["manufacturerRoot"]);
            Assert.Equal(64, entry.Details["ownerRoot"].Length);
        });
        Assert.Equal(KeyTags.Active, (await _vault.GetKeyAsync("payroll", null, default)).Tags[KeyTags.State]);
    }

    [Fact]
    public async Task Bring_WithoutRoots_AsksForNothing()
    {
        _vault.Attest = _ => throw new InvalidOperationException("Nobody asked for attestations.");

        var result = await BringAsync([]);

        Assert.Null(result.AttestedBy);
        Assert.DoesNotContain(AttestKey.Name, _engine!.Activities);
    }

    [Fact]
    public async Task Bring_VaultThatGivesNoAttestation_EndsBeforeTheExport()
    {
        _vault.Attest = null;

        var failure = await Assert.ThrowsAsync<ConfigurationException>(() => BringAsync());

        Assert.Contains("only Managed HSM attests keys", failure.Message, StringComparison.Ordinal);
        AssertNothingExported();
    }

    [Fact]
    public async Task Bring_VaultThatIsNoAttester_EndsBeforeTheExport()
    {
        var failure = await Assert.ThrowsAsync<ConfigurationException>(() => BringAsync(vault: new FaultyVault(_vault, new FaultyCalls("vault"))));

        Assert.Contains("only Managed HSM attests keys", failure.Message, StringComparison.Ordinal);
        AssertNothingExported();
    }

    [Fact]
    public async Task Bring_KekMadeOutsideTheHsm_EndsBeforeTheExport()
    {
        _vault.Attest = key => TestAttestation.Of(key.Id, key.PublicKey!, isGenerated: false);

        var failure = await Assert.ThrowsAsync<AttestationException>(() => BringAsync());

        Assert.Contains("was not made in the HSM", failure.Message, StringComparison.Ordinal);
        AssertNothingExported();
    }

    [Fact]
    public async Task Bring_KekOfAnotherMaker_EndsBeforeTheExport()
    {
        var failure = await Assert.ThrowsAsync<AttestationException>(
            () => BringAsync([TestPartition.SelfSigned("O=Other Maker, CN=root", TestPartition.OtherKey.Value)]));

        Assert.Contains("pinned root", failure.Message, StringComparison.Ordinal);
        AssertNothingExported();
    }

    [Fact]
    public async Task Bring_ImportedKeyNotAttested_IsDisabledAndNeverActive()
    {
        _vault.Attest = key => IsKek(key) ? Sound(key) : null;

        await Assert.ThrowsAsync<ConfigurationException>(() => BringAsync());

        await AssertDisabledAsync();
    }

    [Fact]
    public async Task Bring_ImportedKeyAttestedAsAnother_IsDisabledAndNeverActive()
    {
        VaultKey? kek = null;
        _vault.Attest = key => Sound(IsKek(key) ? kek = key : key with { PublicKey = kek!.PublicKey });

        var failure = await Assert.ThrowsAsync<AttestationException>(() => BringAsync());

        Assert.Contains("modulus is another key's", failure.Message, StringComparison.Ordinal);
        await AssertDisabledAsync();
    }

    [Fact]
    public async Task Bring_ImportedKeyExtractable_IsDisabledAndNeverActive()
    {
        _vault.Attest = key => IsKek(key)
            ? Sound(key)
            : Sound(key) with { PrivateKeyStatement = TestStatement.OfPrivateKey(key.Id, key.PublicKey!).With(0x0162, 1).ToBytes() };

        var failure = await Assert.ThrowsAsync<AttestationException>(() => BringAsync());

        Assert.Contains("is extractable", failure.Message, StringComparison.Ordinal);
        await AssertDisabledAsync();
    }

    [Fact]
    public async Task Bring_AttestedInTimeButCertificatesExpired_Ends()
    {
        _time.SetUtcNow(TestPartition.NotAfter.AddDays(1));

        await Assert.ThrowsAsync<AttestationException>(() => BringAsync());

        AssertNothingExported();
    }

    [Fact]
    public async Task Bring_VaultBusyWhenAsked_IsAskedAgain()
    {
        var asked = 0;
        _vault.Attest = key => ++asked == 1 ? throw new ServiceUnavailableException("busy") : Sound(key);

        Assert.NotNull((await BringAsync()).AttestedBy);
        Assert.Equal(3, asked);
    }

    private static KeyAttestation Sound(VaultKey key) => TestAttestation.Of(key.Id, key.PublicKey!, IsKek(key));

    private static bool IsKek(VaultKey key) => key.Id.Name.StartsWith("byok-kek-", StringComparison.Ordinal);

    private async Task<BringKeyResult> BringAsync(IReadOnlyList<X509Certificate2>? roots = null, IKeyVault? vault = null)
    {
        var options = new PipelineOptions { KekSizeInBits = 2048, AttestationRoots = roots ?? [_root] };
        var storage = await new InMemoryBlobService(_time).CreateAccountAsync();
        var (claims, branches) = (new OperationClaims(storage, _time), new BranchKeeper(_vault, new BranchRecords(storage.Branches)));
        ActivityDescriptor[] activities =
        [
            ActivityDescriptor.For(() => new PrepareMasterKey(_vault, _hsm, claims, options), PrepareMasterKey.Name),
            ActivityDescriptor.For(() => new CreateKeyExchangeKey(_vault, _ledger, options), CreateKeyExchangeKey.Name),
            ActivityDescriptor.For(() => new AttestKey(vault ?? _vault, _ledger, options, _time), AttestKey.Name),
            ActivityDescriptor.For(() => new ExportMasterKey(_hsm, _ledger), ExportMasterKey.Name),
            ActivityDescriptor.For(() => new ImportMasterKey(_vault, _ledger, options, _time), ImportMasterKey.Name),
            ActivityDescriptor.For(() => new ActivateKey(_vault, branches, claims, _ledger, options, _time), ActivateKey.Name),
            ActivityDescriptor.For(() => new DisableKeyVersion(_vault, _ledger), DisableKeyVersion.Name),
            ActivityDescriptor.For(() => new RetireKeyExchangeKey(_vault, _ledger), RetireKeyExchangeKey.Name),
        ];
        _engine = new ReplayEngine(activities, _time);
        return await _engine.RunAsync<BringKeyResult>(
            BringKeyOrchestration.Name, new BringKeyInput { KeyName = "payroll", KeyLabel = "payroll", GenerateSizeInBits = 2048 }, "bring-payroll");
    }

    private void AssertNothingExported()
    {
        Assert.Empty(_hsm.Exports);
        Assert.Equal(["kek.created", "kek.retired"], _ledger.Events.Select(entry => entry.Kind));
    }

    private async Task AssertDisabledAsync()
    {
        var key = await _vault.GetKeyAsync("payroll", null, default);
        Assert.False(key.Enabled);
        Assert.Equal(KeyTags.Pending, key.Tags[KeyTags.State]);
        Assert.Equal(["kek.created", "kek.attested", "key.exported", "key.imported", "key.disabled", "kek.retired"], _ledger.Events.Select(entry => entry.Kind));
    }
}
