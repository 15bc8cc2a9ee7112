using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Byok.Core.Keys.Attestation;
using Byok.Testing.Core.Attestation;
using static Byok.Core.Tests.Attestation.AttestedKeyCase;

namespace Byok.Core.Tests.Attestation;

/// <summary>The certificates of an attestation, and the roots that an operator pins.</summary>
public sealed class CertificateTests
{
    private const string NoChain = "no certificate of a partition chains to a pinned root";
    private const string NoOwner = "no valid certificate of the HSM's owner";

    [Fact]
    public void Verify_SoundBundle_TellsBothRoots()
    {
        var root = new TestPartition().Root;
        var attested = Verify(Attest(PrivateKey()), roots: [root]);

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(root.RawData)), attested.ManufacturerRoot);
        Assert.Matches("^[0-9a-f]{64}$", attested.OwnerRoot);
        Assert.NotEqual(attested.ManufacturerRoot, attested.OwnerRoot);
        Assert.Equal((Id, Key.Thumbprint), (attested.KeyId, attested.Thumbprint));
    }

    [Fact]
    public void Verify_OneOfTwoPinnedRoots_TellsTheRightOne()
    {
        var root = new TestPartition().Root;
        var other = TestPartition.SelfSigned("O=Other Maker, CN=root", TestPartition.OtherKey.Value);

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(root.RawData)), Verify(Attest(PrivateKey()), roots: [other, root]).ManufacturerRoot);
    }

    [Fact]
    public void Verify_BundleWithTheManufacturersRoot_IsTaken() =>
        Verify(Attest(PrivateKey()) with { Certificates = TestPartition.Pem(new TestPartition().Root) + new TestPartition().Bundle });

    [Fact]
    public void Verify_NoRoots_Refuses() => AssertRefused(NoChain + " of the manufacturer, valid at 2030-01-01 00:00:00Z.", () => Verify(Attest(PrivateKey()), roots: []));

    [Fact]
    public void Verify_RootOfAnotherName_Refuses() =>
        AssertRefused(NoChain, () => Verify(Attest(PrivateKey()), roots: [TestPartition.SelfSigned("O=Other Maker, CN=root", TestPartition.OtherKey.Value)]));

    [Fact]
    public void Verify_RootOfTheSameNameAndAnotherKey_Refuses() =>
        AssertRefused(NoChain, () => Verify(Attest(PrivateKey()), roots: [TestPartition.SelfSigned("O=Test HSM Maker, CN=root", TestPartition.OtherKey.Value)]));

    [Fact]
    public void Verify_OwnersRootPinned_IsNoManufacturers() => AssertRefused(NoChain, () => Verify(Attest(PrivateKey()), roots: [new TestPartition().OwnerRoot]));

    [Fact]
    public void Verify_AdapterSignedByAnother_Refuses() =>
        AssertRefused(NoChain, () => Verify(Attest(PrivateKey(), partition: new TestPartition { AdapterIssuerKey = TestPartition.OtherKey.Value })));

    [Fact]
    public void Verify_AdapterThatIsNoAuthority_Refuses() =>
        AssertRefused("InvalidBasicConstraints", () => Verify(Attest(PrivateKey(), partition: new TestPartition { IsAdapterAuthority = false })));

    [Fact]
    public void Verify_OwnerThatIsNoAuthority_Refuses() =>
        AssertRefused(NoOwner, () => Verify(Attest(PrivateKey(), partition: new TestPartition { IsOwnerAuthority = false })));

    [Fact]
    public void Verify_AdapterExpired_Refuses() =>
        AssertRefused("NotTimeValid", () => Verify(Attest(PrivateKey(), partition: new TestPartition { AdapterNotAfter = Now.AddDays(-1) })));

    [Fact]
    public void Verify_PartitionExpired_Refuses() =>
        AssertRefused("NotTimeValid", () => Verify(Attest(PrivateKey(), partition: new TestPartition { PartitionNotAfter = Now.AddDays(-1) })));

    [Fact]
    public void Verify_OwnerExpired_Refuses() =>
        AssertRefused(NoOwner, () => Verify(Attest(PrivateKey(), partition: new TestPartition { OwnerNotAfter = Now.AddDays(-1) })));

    [Fact]
    public void Verify_BeforeItsTime_Refuses() => AssertRefused("NotTimeValid", () => Verify(Attest(PrivateKey()), at: TestPartition.NotBefore.AddDays(-1)));

    [Fact]
    public void Verify_RootExpired_Refuses() => AssertRefused("NotTimeValid", () => Verify(Attest(PrivateKey()), at: TestPartition.NotAfter.AddYears(2)));

    [Fact]
    public void Verify_PartitionsOfTwoKeys_Refuses() =>
        AssertRefused(NoOwner, () => Verify(Attest(PrivateKey(), partition: new TestPartition { OwnersPartitionKey = TestPartition.OtherKey.Value })));

    [Fact]
    public void Verify_WithoutAnyOneCertificate_Refuses()
    {
        var partition = new TestPartition();
        X509Certificate2[] all = [partition.OwnersPartition, partition.Partition, partition.OwnerRoot, partition.Adapter];
        Verify(Attest(PrivateKey()) with { Certificates = TestPartition.Pem(all) });
        foreach (var left in all)
        {
            var isOwners = left == all[0] || left == all[2];
            AssertRefused(isOwners ? NoOwner : NoChain, () => Verify(Attest(PrivateKey()) with { Certificates = TestPartition.Pem(all.Where(one => one != left)) }));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("no certificate")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    public void Verify_BundleThatIsNone_Refuses(string pem) =>
        AssertRefused(pem.Contains("AAAA", StringComparison.Ordinal) ? "cannot be read" : NoChain, () => Verify(Attest(PrivateKey()) with { Certificates = pem }));

    [Fact]
    public void Verify_CertificatesTwice_TellsTheirFault()
    {
        var bundle = new TestPartition { AdapterNotAfter = Now.AddDays(-1) }.Bundle;

        AssertRefused("(NotTimeValid)", () => Verify(Attest(PrivateKey()) with { Certificates = bundle + bundle }));
    }

    [Fact]
    public void Verify_BundleTooLong_Refuses()
    {
        Verify(Attest(PrivateKey()) with { Certificates = string.Concat(Enumerable.Repeat(new TestPartition().Bundle, 4)).PadRight(128 * 1024) });
        AssertRefused("too many certificates", () => Verify(Attest(PrivateKey()) with { Certificates = string.Concat(Enumerable.Repeat(new TestPartition().Bundle, 5)) }));
        AssertRefused("too long", () => Verify(Attest(PrivateKey()) with { Certificates = new string(' ', 200_000) + new TestPartition().Bundle }));
    }

    [Fact]
    public void Roots_TwoInPem_AreRead()
    {
        var pem = TestPartition.Pem(new TestPartition().Root, TestPartition.SelfSigned("CN=other", TestPartition.OtherKey.Value));

        Assert.Equal(2, AttestationRoots.Parse(pem).Count);
        Assert.Equal(2, AttestationRoots.Parse(pem.Replace('\n', ' ')).Count); // as some editors of settings leave it
    }

    [Fact]
    public void Roots_ThatAreNone_AreRefused()
    {
        var partition = new TestPartition { IsOwnerAuthority = false };
        foreach (var pem in new[] { "", "roots.pem", TestPartition.Pem(partition.Root, partition.Adapter), TestPartition.Pem(partition.OwnerRoot), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" })
        {
            Assert.Throws<FormatException>(() => AttestationRoots.Parse(pem));
        }

        Assert.Throws<ArgumentNullException>("pem", () => AttestationRoots.Parse(null!));
    }

    [Fact]
    public void Roots_ThatAreNone_AreRefusedForTheirReason()
    {
        static string Refusal(string pem) => Assert.Throws<FormatException>(() => AttestationRoots.Parse(pem)).Message;

        Assert.Equal("It holds no certificate in PEM.", Refusal("x"));
        Assert.Equal("It holds a certificate that cannot be read.", Refusal("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"));
        var adapter = new TestPartition().Adapter;
        Assert.Equal(
            $"The certificate '{adapter.Subject}' is not a root: not self-issued, or not marked as a certification authority's.", Refusal(TestPartition.Pem(adapter)));
    }
}
