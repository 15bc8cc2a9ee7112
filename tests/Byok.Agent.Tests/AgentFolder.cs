using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Byok.Export.Approvals;

namespace Byok.Agent.Tests;

/// <summary>A folder with an agent's settings and the files that they name; the settings can be changed before they are written.</summary>
internal sealed class AgentFolder : IDisposable
{
    public AgentFolder()
    {
        foreach (var name in new[] { "alice", "bob" })
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            WriteSecret($"{name}.key", key.ExportPkcs8PrivateKeyPem());
            File.WriteAllText(Full($"{name}.pub"), key.ExportSubjectPublicKeyInfoPem());
        }

        File.WriteAllText(Full("module.so"), "not a module");
        WriteSecret("token.pin", "1234\n");
        WriteSecret("relay.key", "c2VjcmV0\n");
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("byok-agent-settings-").FullName;

    public string SettingsFile => Full("agent.json");

    public string StateFolder => Full("state");

    public JsonObject Settings { get; } = JsonNode.Parse(
        """
        {
          "stateFolder": "state",
          "token": { "module": "module.so", "label": "onprem", "pinFile": "token.pin" },
          "relay": { "namespace": "https://contoso.servicebus.windows.net", "path": "byok-agent", "sasKeyName": "listen", "sasKeyFile": "relay.key" },
          "policy": {
            "vaults": ["https://contoso.vault.azure.net"],
            "keys": ["payroll-*"],
            "requiredApprovals": 2
          },
          "approvers": [
            { "name": "Alice", "publicKeyFile": "alice.pub" },
            { "name": "Bob", "publicKeyFile": "bob.pub" }
          ]
        }
        """)!.AsObject();

    public string Full(string name) => System.IO.Path.Combine(Path, name);

    public void WriteSettings() => File.WriteAllText(SettingsFile, Settings.ToJsonString());

    public void WriteSecret(string name, string text)
    {
        File.WriteAllText(Full(name), text);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Full(name), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    public ApprovalSigner Signer(string name) => ApprovalSigner.FromPem(File.ReadAllText(Full($"{name}.key")));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
