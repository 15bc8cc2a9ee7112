using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using Byok.Agent.Commands;
using Byok.Agent.Configuration;
using Byok.Core.Errors;

namespace Byok.Agent.Tests;

public sealed class AgentSettingsTests : IDisposable
{
    private readonly AgentFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_SoundSettings_GivesThemWithDefaults()
    {
        _folder.WriteSettings();

        var settings = AgentSettingsReader.Read(_folder.SettingsFile);

        Assert.Equal(_folder.StateFolder, settings.StateFolder);
        Assert.Equal(_folder.Full("token.pin"), settings.Token.PinFile);
        Assert.Equal("byok-agent", settings.Relay.Path);
        Assert.True(settings.FetchKekFromVault);
        Assert.Equal((2, 2048, 20, 1000, 0), (settings.Policy.RequiredApprovals, settings.Policy.MinimumKekSizeInBits, settings.Policy.ExportsPerHour, settings.Policy.RequestsPerHour, settings.Policy.GeneratedKeys.Count));
        Assert.Equal(TimeSpan.FromDays(1), settings.Policy.MaximumValidity);
        Assert.Equal(["Alice", "Bob"], settings.Policy.Approvers.Select(approver => approver.Name));
    }

    [Fact]
    public void Read_EverythingWrong_SaysAllOfItAtOnce()
    {
        var settings = _folder.Settings;
        settings["surprise"] = 1;
        settings.Remove("stateFolder");
        settings["token"]!["module"] = "gone.so";
        settings["token"]!["pinFile"] = "gone.pin";
        settings["token"]!["serialNumber"] = "1";
        settings["relay"]!["namespace"] = "http://contoso.servicebus.windows.net";
        settings["relay"]!["listeners"] = 9;
        settings["relay"]!.AsObject().Remove("sasKeyFile");
        settings["policy"]!["vaults"] = new JsonArray("contoso", "https://contoso.vault.azure.net/keys");
        settings["policy"]!["keys"] = new JsonArray("a*b");
        settings["policy"]!["requiredApprovals"] = 3;
        settings["policy"]!["exportsPerHours"] = 3;
        settings["policy"]!["minimumKekSizeInBits"] = 1024;
        settings["approvers"]![1]!["publicKeyFile"] = "alice.pub";
        _folder.WriteSettings();

        var message = Assert.Throws<ConfigurationException>(() => AgentSettingsReader.Read(_folder.SettingsFile)).Message;

        foreach (var fault in new[]
        {
            "surprise: is not a setting", "stateFolder: is missing", "token.module: there is no file of that path", "token.pinFile: there is no file of that path", "token: exactly one of",
            "relay: The relay must be reached by https", "relay.listeners: is 9", "relay: 'sasKeyName' and 'sasKeyFile'", "policy.vaults[0]: is not the address of a vault",
            "policy.vaults[1]: is not the address of a vault", "policy.keys[0]: is not a key label", "policy.requiredApprovals: is 3, but 1", "policy.exportsPerHours: is not a setting",
            "policy.minimumKekSizeInBits: is 1024", "approvers[1]: has the name or the key of approvers[0]",
        })
        {
            Assert.Contains(fault, message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("{}", "token: is missing", "relay: is missing", "policy: is missing")]
    [InlineData("{ \"policy\": {} }", "policy.vaults: is missing", "policy.keys: is missing", "policy.requiredApprovals: is missing")]
    [InlineData("{ \"stateFolder\": 1 }", "near line 1 ($.stateFolder)")]
    [InlineData("{ \"stateFolder\": \"a\", \"stateFolder\": \"b\" }", "a member twice")]
    [InlineData("null", "not in their form")]
    [InlineData("", "not in their form")]
    [InlineData("{ \"approvers\": [null] }", "approvers[0].name: is missing")]
    public void Read_FaultyFile_SaysWhat(string text, params string[] faults)
    {
        File.WriteAllText(_folder.SettingsFile, text);

        var message = Assert.Throws<ConfigurationException>(() => AgentSettingsReader.Read(_folder.SettingsFile)).Message;

        Assert.All(faults, fault => Assert.Contains(fault, message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("stateFolder")]
    [InlineData("token.module")]
    [InlineData("token.pinFile")]
    [InlineData("relay.sasKeyFile")]
    [InlineData("approvers[1].publicKeyFile")]
    public void Read_PathWithANullCharacter_NamesTheMember(string member)
    {
        var settings = _folder.Settings;
        var (section, name) = (member.Split('.')[0], member.Split('.')[^1]);
        var parent = section == name ? settings : section == "approvers[1]" ? settings["approvers"]![1]!.AsObject() : settings[section]!.AsObject();
        parent[name] = "nu\0ll";
        _folder.WriteSettings();

        var failure = Assert.Throws<ConfigurationException>(() => AgentSettingsReader.Read(_folder.SettingsFile));

        Assert.Contains($"{member} holds a null character", failure.Message.Replace(":", string.Empty, StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("stateFolder")]
    [InlineData("token")]
    [InlineData("token.module")]
    [InlineData("token.label")]
    [InlineData("token.serialNumber")]
    [InlineData("token.pinFile")]
    [InlineData("token.vendorKeyWrapMechanism")]
    [InlineData("relay")]
    [InlineData("relay.namespace")]
    [InlineData("relay.path")]
    [InlineData("relay.sasKeyName")]
    [InlineData("relay.sasKeyFile")]
    [InlineData("relay.listeners")]
    [InlineData("policy.vaults")]
    [InlineData("policy.keys")]
    [InlineData("policy.requiredApprovals")]
    [InlineData("policy.generation")]
    [InlineData("approvers")]
    [InlineData("approvers[1].name")]
    [InlineData("approvers[1].publicKeyFile")]
    public void Read_SecretInPlaceOfASetting_IsNeverShown(string member)
    {
        string[] secrets =
        [
            "73194826", "correct horse*battery", "http://correcthorsebattery", "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0IQ==", "-----BEGIN PRIVATE KEY-----\nMIIEsecret",
            "Endpoint=sb://contoso/;SharedAccessKeyName=all;SharedAccessKey=c2VjcmV0LXNlY3JldC1zZWNyZXQh", "sb://contoso/;SharedAccessKeyName=all;SharedAccessKey=c2VjcmV0LXNlY3JldC1zZWNyZXQh*x",
            "http://contoso.example/c?sv=2024&sig=c2VjcmV0LXNlY3JldC1zZWNyZXQh", "http://user:c2VjcmV0@contoso.example/*x",
        ];
        var path = member.Split('.');
        foreach (var secret in secrets)
        {
            using var folder = new AgentFolder();
            var parent = path.Length == 1 ? folder.Settings : path[0] is "approvers[1]" ? folder.Settings["approvers"]![1]!.AsObject() : folder.Settings[path[0]]!.AsObject();
            if (member == "approvers[1].name")
            {
                folder.Settings["approvers"]![0]!["name"] = secret; // one name twice is wrong
            }

            parent[path[^1]] = member is "policy.vaults" or "policy.keys" ? new JsonArray(secret) : secret;
            folder.WriteSettings();

            var message = Record.Exception(() => AgentSettingsReader.Read(folder.SettingsFile))?.Message ?? string.Empty;

            Assert.DoesNotContain(secret, message, StringComparison.Ordinal);
            Assert.DoesNotContain("c2VjcmV0", message, StringComparison.Ordinal);
            Assert.DoesNotContain("battery", message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("relay.namespace", "relay.namespace: is not the address of a relay", "it looks like a connection string", "Endpoint=sb://contoso/;SharedAccessKeyName=all;SharedAccessKey=c2VjcmV0")]
    [InlineData("token.pinFile", "token.pinFile: there is no file of that path", "it looks like a number, 4 characters", "4711")]
    public void Read_SecretInPlaceOfASetting_NamesItAndSaysWhatItLooksLike(string member, string fault, string look, string secret)
    {
        _folder.Settings[member.Split('.')[0]]![member.Split('.')[1]] = secret;
        _folder.WriteSettings();

        var message = Assert.Throws<ConfigurationException>(() => AgentSettingsReader.Read(_folder.SettingsFile)).Message;

        Assert.Contains(fault, message, StringComparison.Ordinal);
        Assert.Contains(look, message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LogVerify_SecretInPlaceOfTheStateFolder_IsNotShown()
    {
        _folder.Settings["stateFolder"] = "73194826";
        _folder.WriteSettings();
        using var error = new StringWriter();

        Assert.Equal(AgentExitCodes.Configuration, await AgentCommandLine.RunAsync(["log", "verify", "--config", _folder.SettingsFile], TextWriter.Null, error));

        Assert.Contains("state folder", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("73194826", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NoFile_SaysSo() => Assert.Throws<ConfigurationException>(() => AgentSettingsReader.Read(_folder.Full("gone.json")));

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void Read_PinThatOthersMayRead_IsRefused()
    {
        File.SetUnixFileMode(_folder.Full("token.pin"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        _folder.WriteSettings();

        Assert.Contains("0600", Assert.Throws<ConfigurationException>(() => AgentSettingsReader.Read(_folder.SettingsFile)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ApproversPrivateKeyInPlaceOfThePublic_IsRefused()
    {
        _folder.Settings["approvers"]![0]!["publicKeyFile"] = "alice.key";
        _folder.WriteSettings();

        Assert.Contains("private key", Assert.Throws<ConfigurationException>(() => AgentSettingsReader.Read(_folder.SettingsFile)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(AgentExitCodes.Usage, "walk")]
    [InlineData(AgentExitCodes.Configuration, "check", "--config", "/nowhere/agent.json")]
    [InlineData(AgentExitCodes.Configuration, "log", "verify", "--state", "/nowhere")]
    [InlineData(AgentExitCodes.Done, "--help")]
    public async Task CommandLine_UsedLikeThis_Ends(int exitCode, params string[] args)
    {
        using var error = new StringWriter();

        Assert.Equal(exitCode, await AgentCommandLine.RunAsync(args, TextWriter.Null, error));
        Assert.Equal(exitCode == AgentExitCodes.Done, error.ToString().Length == 0);
    }
}
