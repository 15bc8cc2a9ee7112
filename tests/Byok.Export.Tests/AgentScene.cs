using System.Security.Cryptography;
using System.Text;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Export.Approvals;
using Byok.Export.Messages;
using Byok.Export.Policy;
using Byok.Export.Record;
using Byok.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Export.Tests;

/// <summary>An agent that lets <c>payroll-*</c> go to one vault when two of Alice, Bob and Carol approve, and everything needed to ask it.</summary>
internal sealed class AgentScene : IDisposable, IAgentChannel
{
    public const string Vault = "https://contoso.vault.azure.net";
    private static readonly RSA KekPrivate = RSA.Create(2048);
    private static readonly Dictionary<string, string> PrivatePems = new[] { "Alice", "Bob", "Carol", "Mallory" }.ToDictionary(name => name, NewPem);
    private ExportAgent? _agent;

    public AgentScene()
    {
        Hsm.Add("payroll-2026");
        Hsm.Add("other");
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("byok-agent-").FullName;

    public SoftwareHsm Hsm { get; } = new();

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    public IKekSource? KekSource { get; set; }

    public ExportPolicy Policy { get; set; } = new()
    {
        Vaults = [new Uri(Vault)],
        Keys = [new LabelPattern("payroll-*")],
        Approvers = [Approver("Alice"), Approver("Bob"), Approver("Carol")],
        RequiredApprovals = 2,
        ExportsPerHour = 1000,
        GeneratedKeys = [new LabelPattern("payroll-*")],
        GeneratedKeySizesInBits = [2048],
        GeneratedKeysPerHour = 2,
    };

    public ExportAgent Agent => _agent ??= new ExportAgent(Hsm, Policy, KekSource, Folder, Time, NullLogger<ExportAgent>.Instance);

    public RelayHsm Sender => new(this);

    public static RSA Kek => KekPrivate;

    public static RsaPublicKey PublicOf(RSA key) => RsaPublicKey.FromParameters(key.ExportParameters(false));

    public static Approver Approver(string name)
    {
        using var signer = Signer(name);
        return new Approver(name, ApprovalKey.FromPem(signer.PublicKeyPem));
    }

    public static ApprovalSigner Signer(string name) => ApprovalSigner.FromPem(PrivatePems[name]);

    public static ExportRequest Approved(ExportRequest request, params string[] names) =>
        request with { Approvals = [.. names.Select(name => Sign(request, name))] };

    public static string Sign(ExportRequest request, string name)
    {
        using var signer = Signer(name);
        return signer.Sign(request);
    }

    public static byte[] SignRaw(string name, byte[] data)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(PrivatePems[name]);
        return key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    public ExportRequest Request(string id = "bring-1") => new()
    {
        RequestId = id,
        KeyLabel = "payroll-2026",
        KekId = KeyIdentifier.Parse($"{Vault}/keys/byok-kek-1/0123456789abcdef"),
        Kek = PublicOf(KekPrivate),
        KekOperations = ["import"],
        ExpiresOn = Time.GetUtcNow() + TimeSpan.FromHours(4),
    };

    public ExportRequest ApprovedRequest(string id = "bring-1") => Approved(Request(id), "Alice", "Bob");

    public Task<ExportedKey> ExportAsync(ExportRequest request) => Sender.ExportMasterKeyAsync(request, CancellationToken.None);

    /// <summary>The request must be refused by this rule, and the HSM must not have exported.</summary>
    public async Task<string> AssertRefusedAsync(ExportRequest request, string rule)
    {
        var before = Hsm.Exports;
        var refusal = await Assert.ThrowsAnyAsync<ExportRefusedException>(() => ExportAsync(request));
        Assert.Contains($"'{rule}'", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(before, Hsm.Exports);
        return refusal.Message;
    }

    /// <summary>Sends bytes as they are.</summary>
    public Task<BufferedResponse> PostAsync(string json, string path = "/exports") =>
        Agent.HandleAsync(new BufferedRequest("POST", path, BufferedRequest.NoHeaders, Encoding.UTF8.GetBytes(json)), CancellationToken.None);

    public Task<BufferedResponse> SendAsync(BufferedRequest request, CancellationToken cancellationToken) => Agent.HandleAsync(request, cancellationToken);

    /// <summary>Ends the agent's life; the next use starts another on the same state.</summary>
    public void Restart()
    {
        _agent?.Dispose();
        _agent = null;
    }

    public List<AgentRecordEntry> ReadRecord()
    {
        Restart();
        var entries = new List<AgentRecordEntry>();
        AgentRecord.Open(Folder, Time, (entry, _) => entries.Add(entry)).Dispose();
        return entries;
    }

    public void Dispose()
    {
        Restart();
        Hsm.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private static string NewPem(string name)
    {
        if (name == "Carol") // one of them has an RSA key
        {
            using var rsa = RSA.Create(2048);
            return rsa.ExportPkcs8PrivateKeyPem();
        }

        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return ec.ExportPkcs8PrivateKeyPem();
    }
}
