using Byok.Core.Errors;
using Byok.Pipeline;
using Byok.Testing.Core.Attestation;
using ByokFunctions.Composition;
using Microsoft.Extensions.Configuration;

namespace ByokFunctions.Tests;

public sealed class ByokSettingsTests
{
    private static readonly Dictionary<string, string?> InAzure = new()
    {
        ["VaultUri"] = "https://contoso.vault.azure.net/",
        ["StorageAccountUri"] = "https://contoso.blob.core.windows.net/",
        ["Relay:Namespace"] = "contoso.servicebus.windows.net",
        ["Relay:Path"] = "hsm-export",
        ["DefaultKey"] = "master",
        ["KeyPrefixes"] = "hr/=hr-key; finance=with=equals=fin",
        ["KeyCacheSeconds"] = "20",
        ["KekLifetimeHours"] = "12",
        ["RequiredApprovals"] = "2",
        ["Verify"] = "All",
        ["PlaintextDisposal"] = "Keep",
        ["KeyMaximumAgeDays"] = "100",
        ["GracePeriodHours"] = "48",
        ["RecordsAccountUri"] = "https://contosorecords.blob.core.windows.net/",
        ["Containers:Branches"] = "branch-keys",
        ["AcceptedKeys"] = "master; hr-key;fin;former",
        ["BranchMaximumAgeDays"] = "90",
    };

    [Fact]
    public void Read_InAzure_TakesEverySetting()
    {
        var settings = Read();

        Assert.Equal(new Uri("https://contoso.vault.azure.net/"), settings.VaultUri);
        Assert.Equal("https://contoso.servicebus.windows.net/", settings.Relay!.NamespaceAddress.ToString());
        Assert.Equal("hsm-export", settings.Relay.Path);
        Assert.Equal("uploads", settings.Containers.UploadsContainer);
        Assert.Equal("master", settings.Pipeline.DefaultKey);
        Assert.Equal("hr-key", settings.Pipeline.KeyPrefixes["hr/"]);
        Assert.Equal("fin", settings.Pipeline.KeyPrefixes["finance=with=equals"]);
        Assert.Equal(TimeSpan.FromSeconds(20), settings.Pipeline.KeyCacheTime);
        Assert.Equal(TimeSpan.FromHours(12), settings.Pipeline.KekLifetime);
        Assert.Equal(2, settings.Pipeline.RequiredApprovals);
        Assert.Equal(VerificationScope.All, settings.Pipeline.Verification);
        Assert.Equal(PlaintextDisposal.Keep, settings.Pipeline.Disposal);
        Assert.Equal(TimeSpan.FromDays(100), settings.Pipeline.MaxKeyAge);
        Assert.Equal(TimeSpan.FromHours(48), settings.Pipeline.GracePeriod);
        Assert.Equal(new Uri("https://contosorecords.blob.core.windows.net/"), settings.RecordsAccountUri);
        Assert.Equal("branch-keys", settings.Containers.BranchesContainer);
        Assert.Equal(["master", "hr-key", "fin", "former"], settings.Pipeline.AcceptedKeys!);
        Assert.Equal(TimeSpan.FromDays(90), settings.Pipeline.MaxBranchAge);
    }

    [Fact]
    public void Read_WithoutTheSettingsOfBranches_TakesTheirDefaults()
    {
        var settings = Read(("RecordsAccountUri", null), ("Containers:Branches", null), ("AcceptedKeys", null), ("BranchMaximumAgeDays", null));

        Assert.Null(settings.RecordsAccountUri);
        Assert.Equal("branches", settings.Containers.BranchesContainer);
        Assert.Null(settings.Pipeline.AcceptedKeys);
        Assert.Equal(TimeSpan.FromDays(365), settings.Pipeline.MaxBranchAge);
    }

    [Fact]
    public void Read_OnOneMachine_TakesTokenKeyAndConnectionString()
    {
        var settings = Read(
            ("VaultUri", "https://127.0.0.1:8443/"), ("VaultToken", "t"), ("StorageAccountUri", null), ("StorageConnectionString", "UseDevelopmentStorage=true"), ("RecordsAccountUri", null),
            ("Relay:Namespace", "http://127.0.0.1:9443"), ("Relay:SasKeyName", "local"), ("Relay:SasKey", "k"));

        Assert.Equal("t", settings.VaultToken);
        Assert.Equal("UseDevelopmentStorage=true", settings.StorageConnectionString);
        Assert.True(settings.Relay!.NamespaceAddress.IsLoopback);
    }

    [Theory]
    [InlineData("VaultUri", null)]
    [InlineData("VaultUri", "http://contoso.vault.azure.net")]
    [InlineData("VaultUri", "contoso")]
    [InlineData("VaultUri", "https://contoso.vault.azure.net/?sig=c2VjcmV0")]
    [InlineData("VaultUri", "https://user:c2VjcmV0@contoso.vault.azure.net/")]
    [InlineData("StorageAccountUri", "https://contoso.blob.core.windows.net/?sv=2024&sig=c2VjcmV0")]
    [InlineData("StorageAccountUri", "https://contoso.blob.core.windows.net/#c2VjcmV0")]
    [InlineData("RecordsAccountUri", "http://contosorecords.blob.core.windows.net/")]
    [InlineData("RecordsAccountUri", "contosorecords")]
    [InlineData("RecordsAccountUri", "https://contosorecords.blob.core.windows.net/?sv=2024&sig=c2VjcmV0")]
    [InlineData("Containers:Branches", "No-Capitals")]
    [InlineData("AcceptedKeys", "master;not/a/key")]
    [InlineData("AcceptedKeys", "master,hr-key,fin")]
    [InlineData("AcceptedKeys", ";")]
    [InlineData("AcceptedKeys", "hr-key;fin")] // not the default key
    [InlineData("AcceptedKeys", "master;hr-key")] // not the key of a prefix
    [InlineData("BranchMaximumAgeDays", "0")]
    [InlineData("BranchMaximumAgeDays", "3651")]
    [InlineData("BranchMaximumAgeDays", "a year")]
    [InlineData("Containers:Protected", "AccountKey=c2VjcmV0")]
    [InlineData("Containers:Ledger", "No-Capitals")]
    [InlineData("Containers:Audits", "--")]
    [InlineData("VaultToken", "t")]
    [InlineData("StorageAccountUri", null)]
    [InlineData("StorageConnectionString", "UseDevelopmentStorage=true")]
    [InlineData("Relay:Path", null)]
    [InlineData("Relay:Path", "../x")]
    [InlineData("Relay:SasKey", "k")]
    [InlineData("Containers:Uploads", "elsewhere")]
    [InlineData("DefaultKey", "not/a/key")]
    [InlineData("KeyPrefixes", "no-key")]
    [InlineData("KeyPrefixes", "=key")]
    [InlineData("KeyPrefixes", "a=k;a=k")]
    [InlineData("KeyPrefixes", "a=not/a/key")]
    [InlineData("KeyCacheSeconds", "0")]
    [InlineData("KeyCacheSeconds", "3601")]
    [InlineData("KeyCacheSeconds", "1.5")]
    [InlineData("KekLifetimeHours", "0")]
    [InlineData("KekLifetimeHours", "-1")]
    [InlineData("KekLifetimeHours", "soon")]
    [InlineData("RequiredApprovals", "101")]
    [InlineData("AttestationRoots", "marvell.pem")]
    [InlineData("AttestationRoots", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")]
    [InlineData("Verify", "sample")]
    [InlineData("Verify", "1")]
    [InlineData("PlaintextDisposal", "Shred")]
    public void Read_WithAWrongSetting_NamesIt(string name, string? value)
    {
        var failure = Assert.Throws<ConfigurationException>(() => Read((name, value)));
        Assert.Contains(name.Split(':')[^1] is "Path" && value is not null ? "hybrid connection" : name.Replace(":", "__", StringComparison.Ordinal), failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WithSeveralWrongSettings_NamesThemTogether()
    {
        var failure = Assert.Throws<ConfigurationException>(() => Read(
            ("VaultUri", "contoso"), ("StorageAccountUri", null), ("Relay:Path", "../x"), ("Containers:Ledger", "--"), ("DefaultKey", "not/a/key"),
            ("KeyCacheSeconds", "0"), ("Verify", "1"), ("AttestationRoots", "marvell.pem")));

        string[] named = [.. failure.Message.Split("\n  ")[1..].Select(line => line.Split(' ')[0].TrimEnd(','))];
        Assert.Equal(
            [
                "Byok__AttestationRoots", "Byok__Containers__Ledger", "Byok__DefaultKey", "Byok__KeyCacheSeconds", "Byok__Relay__Namespace",
                "Byok__StorageAccountUri", "Byok__VaultUri", "Byok__Verify",
            ],
            named.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Read_RecordsAccountBesideTheEmulator_IsRefused()
    {
        var failure = Assert.Throws<ConfigurationException>(() => Read(("StorageAccountUri", null), ("StorageConnectionString", "UseDevelopmentStorage=true")));

        Assert.Equal("The app's settings are wrong:\n  Byok__RecordsAccountUri is not for the emulator, which holds all containers.", failure.Message);
    }

    [Fact]
    public void Read_VaultAddressWrong_SaysNothingMoreOfTheVault()
    {
        var failure = Assert.Throws<ConfigurationException>(() => Read(("VaultUri", "contoso"), ("VaultToken", "t")));

        Assert.Equal(
            "The app's settings are wrong:\n  Byok__VaultUri must be an absolute https address, without query, fragment and user name; it looks like plain text, 7 characters.",
            failure.Message);
    }

    [Theory]
    [InlineData("VaultUri")]
    [InlineData("VaultToken")]
    [InlineData("StorageAccountUri")]
    [InlineData("Relay:Namespace")]
    [InlineData("Relay:Path")]
    [InlineData("Relay:SasKey")]
    [InlineData("StorageConnectionString")]
    [InlineData("Relay:SasKeyName")]
    [InlineData("Containers:Uploads")]
    [InlineData("Containers:Protected")]
    [InlineData("Containers:Ledger")]
    [InlineData("Containers:Audits")]
    [InlineData("Containers:Branches")]
    [InlineData("RecordsAccountUri")]
    [InlineData("AcceptedKeys")]
    [InlineData("BranchMaximumAgeDays")]
    [InlineData("DefaultKey")]
    [InlineData("KeyPrefixes")]
    [InlineData("KeyCacheSeconds")]
    [InlineData("RequiredApprovals")]
    [InlineData("AttestationRoots")]
    [InlineData("Verify")]
    public void Read_SecretInPlaceOfASetting_IsNeverShown(string name)
    {
        foreach (var secret in new[]
        {
            "73194826x", "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0IQ==", "Endpoint=sb://contoso/;SharedAccessKeyName=all;SharedAccessKey=c2VjcmV0",
            "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=c2VjcmV0", "http://contoso.example/?sig=c2VjcmV0", "http://user:c2VjcmV0@contoso.example/",
        })
        {
            var message = Record.Exception(() => Read((name, secret)))?.Message ?? string.Empty;

            Assert.DoesNotContain(secret, message, StringComparison.Ordinal);
            Assert.DoesNotContain("c2VjcmV0", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Read_WithAttestationRoots_PinsThem()
    {
        using var root = new TestPartition().Root;
        Assert.Empty(Read().Pipeline.AttestationRoots);
        Assert.Equal(root.Thumbprint, Assert.Single(Read(("AttestationRoots", root.ExportCertificatePem())).Pipeline.AttestationRoots).Thumbprint);
    }

    internal static ByokSettings Read(params (string Name, string? Value)[] changes)
    {
        var values = new Dictionary<string, string?>(InAzure);
        foreach (var (name, value) in changes)
        {
            values[name] = value;
        }

        return ByokSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
    }
}
