using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Byok.Client.Reading;
using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline;
using Byok.Pipeline.BringKey;
using Byok.Pipeline.EncryptBlob;
using Byok.Pipeline.RestoreKey;
using Byok.Pipeline.RetireBranch;
using Byok.Pipeline.RevokeKey;
using Byok.Pipeline.RotateKey;
using Byok.Testing.Replay;
using Byok.Testing.Storage;

namespace Byok.Testing.Behaviour.KeyLife;

/// <summary>
/// Gives a sequence of commands as the command line does, and looks after each of them into the vault itself: after a successful revoke nothing unwraps under
/// the name, after a successful restore everything does, and what is said is what the vault has.
/// </summary>
public sealed class KeyLifeMachine : IDisposable
{
    private const string Key = "customer-key";
    private readonly KeyLifeModel _model = new();
    private readonly InMemoryVault _vault;
    private readonly InMemoryHsm _hsm = new();
    private readonly InMemoryLedger _ledger = new();
    private readonly InMemoryBlobService _service;
    private readonly Dictionary<KeyIdentifier, RsaPublicKey> _everSeen = [];
    private readonly TimeProvider _time;
    private readonly Action _betweenCommands;
    private Byok.Storage.StorageAccount? _storage;
    private int _count;

    /// <param name="time">The clock.</param>
    /// <param name="betweenCommands">Lets time pass.</param>
    public KeyLifeMachine(TimeProvider time, Action betweenCommands)
    {
        (_time, _betweenCommands) = (time, betweenCommands);
        _vault = new InMemoryVault(time);
        _vault.CreateRsa = _hsm.CreateRsa = new PreparedKeys().Create;
        _service = new InMemoryBlobService(time);
    }

    /// <summary>Commands that ended well.</summary>
    public int Succeeded { get; private set; }

    /// <summary>Commands whose process was killed.</summary>
    public int Killed { get; private set; }

    /// <summary>A process's view of the stack, without anything in its caches.</summary>
    public TestPipeline CreateCatalog() => new(
        _vault, _hsm, _storage!, _ledger, new PipelineOptions { DefaultKey = Key, KekSizeInBits = 2048, KeyCacheTime = TimeSpan.FromMilliseconds(1), BlobsPerPage = 2 }, _time);

    public async Task RunAsync(IEnumerable<KeyStep> steps, Func<KeyLifeMachine, IKeyLifeHost> open)
    {
        _storage = await _service.CreateAccountAsync().ConfigureAwait(false);
        var host = open(this);
        foreach (var step in new[] { new KeyStep(KeyCommand.Bring), new KeyStep(KeyCommand.Encrypt) }.Concat(steps))
        {
            await GiveAsync(host, step).ConfigureAwait(false);
        }

        // Whatever the sequence left behind: a last revoke takes everything away, and a last restore gives everything back.
        await GiveAsync(host, new KeyStep(_model.IsUsable == false ? KeyCommand.Restore : KeyCommand.Disable)).ConfigureAwait(false);
        await GiveAsync(host, new KeyStep(KeyCommand.Restore)).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _vault.Dispose();
        _hsm.Dispose();
        _service.Dispose();
    }

    private async Task GiveAsync(IKeyLifeHost host, KeyStep step)
    {
        await CommandAsync(host, step).ConfigureAwait(false);
        if (step is { KilledAt: > 0, IsRepeated: true })
        {
            await CommandAsync(host, new KeyStep(step.Command)).ConfigureAwait(false);
        }
    }

    private async Task CommandAsync(IKeyLifeHost host, KeyStep step)
    {
        _betweenCommands();
        var before = await UnwrappingAsync().ConfigureAwait(false);
        if (step.Command is KeyCommand.Encrypt or KeyCommand.Read)
        {
            await UseAsync(step.Command, before).ConfigureAwait(false);
        }
        else if (step.Command != KeyCommand.Bring || _model.IsUsable != true)
        {
            await OperateAsync(host, step, before).ConfigureAwait(false);
        }

        if (_model.IsUsable == false)
        {
            Require((await UnwrappingAsync().ConfigureAwait(false)).Count == 0, $"after '{step}' a version unwraps, although the key was revoked");
        }
    }

    private async Task UseAsync(KeyCommand command, HashSet<KeyIdentifier> before)
    {
        using var catalog = CreateCatalog();
        try
        {
            if (command == KeyCommand.Encrypt)
            {
                var name = $"blob-{++_count}";
                await EncryptAsync(catalog, name).ConfigureAwait(false);
                _model.Blobs.Add(name, ContentOf(name));
            }
            else
            {
                await ReadAllAsync(catalog).ConfigureAwait(false);
            }

            Require(_model.IsUsable != false, $"{command} succeeds, although the key was revoked");
            Succeeded++;
        }
        catch (KeyUnavailableException exception)
        {
            Require(_model.IsUsable != true || before.Count == 0, $"{command} is refused, although the key is in use: {exception.Message}");
            Require(_model.IsUsable != true, $"the key is in use, and nothing unwraps: {exception.Message}");
        }
    }

    private async Task OperateAsync(IKeyLifeHost host, KeyStep step, HashSet<KeyIdentifier> before)
    {
        var askedOn = _time.GetUtcNow();
        var (name, input, id) = await RequestAsync(host, step.Command, askedOn).ConfigureAwait(false);
        if (name is null)
        {
            return; // the command line refuses it
        }

        var status = await host.RunAsync(name, input!, id!, step).ConfigureAwait(false);
        var after = await UnwrappingAsync().ConfigureAwait(false);
        if (status is null)
        {
            Killed++;
            _model.Killed(step.Command);
            return;
        }

        if (status.State == OrchestrationState.Completed)
        {
            Succeeded++;
            await CheckSuccessAsync(step.Command, status, before, after).ConfigureAwait(false);
        }
        else
        {
            CheckRefusal(step.Command, status, after);
        }

        if ((await host.ListAsync().ConfigureAwait(false)).All(operation => operation.IsEnded))
        {
            _model.NothingOpen();
        }
    }

    /// <summary>What the command line makes of a command, by the rules that it goes on with an earlier one.</summary>
    private async Task<(string? Name, object? Input, string? Id)> RequestAsync(IKeyLifeHost host, KeyCommand command, DateTimeOffset askedOn)
    {
        var life = await _vault.ReadLifeAsync(Key, CancellationToken.None).ConfigureAwait(false);
        var orderedOn = life.NextOrderOn(askedOn);
        var operations = await host.ListAsync().ConfigureAwait(false);
        OrchestrationStatus? Last(string verb) => operations.FirstOrDefault(operation => operation.InstanceId.Length == verb.Length + 33 && operation.InstanceId.StartsWith(verb, StringComparison.Ordinal));
        string New(string verb) => $"{verb}-{Guid.NewGuid():N}";
        string GoOn(string verb, Func<OrchestrationStatus, bool> mayGoOn) => Last(verb) is { IsEnded: false } last && mayGoOn(last) ? last.InstanceId : New(verb);
        switch (command)
        {
            case KeyCommand.Bring:
                return (BringKeyOrchestration.Name, new BringKeyInput { KeyName = Key, KeyLabel = Key, GenerateSizeInBits = 2048 }, GoOn("bring", _ => true));
            case KeyCommand.Rotate or KeyCommand.RotateToLabel:
                var last = Last("rotate");
                var label = command == KeyCommand.RotateToLabel ? $"label-{++_count}" : null;
                var rotation = new RotateKeyInput { KeyName = Key, NewLabel = label, GenerateSizeInBits = label is null ? null : 2048, GracePeriod = TimeSpan.Zero };
                return label is not null && last is { IsEnded: false }
                    ? default
                    : (RotateKeyOrchestration.Name, rotation, last is null or { State: OrchestrationState.Completed } ? New("rotate") : last.InstanceId);
            case KeyCommand.RetireBranch:
                return (RetireBranchOrchestration.Name, new RetireBranchInput { KeyName = Key }, GoOn("retire", _ => true));
            case KeyCommand.Restore:
                return (RestoreKeyOrchestration.Name, new RestoreKeyInput { KeyName = Key, OrderedOn = orderedOn }, GoOn("restore", begun => RestoreKeyInput.GoesOnWith(begun, Last("revoke"), life)));
            default:
                var mode = command == KeyCommand.Delete ? RevocationMode.Delete : RevocationMode.Disable;
                var revocation = new RevokeKeyInput { KeyName = Key, Mode = mode, OrderedOn = orderedOn };
                return (RevokeKeyOrchestration.Name, revocation, GoOn("revoke", begun => revocation.GoesOnWith(begun, Last("restore"), life)));
        }
    }

    private async Task CheckSuccessAsync(KeyCommand command, OrchestrationStatus status, HashSet<KeyIdentifier> before, HashSet<KeyIdentifier> after)
    {
        T Result<T>() => status.Output!.Value.Deserialize<T>(OrchestrationJson.Options)!;
        switch (command)
        {
            case KeyCommand.Bring:
                Require(_model.IsUsable != false, "a revoked key was brought");
                Require(after.Contains(Result<BringKeyResult>().KeyId) || _model.IsSomethingOpen, "the version that was brought does not unwrap");
                _model.Advanced();
                break;

            case KeyCommand.Rotate or KeyCommand.RotateToLabel:
                Require(_model.IsUsable != false, "a revoked key was rotated");
                var rotated = Result<RotateKeyResult>();
                Require(after.Contains(rotated.KeyId) || _model.IsSomethingOpen, "the version that was rotated to does not unwrap");
                Require(!rotated.Disabled.Any(after.Contains), "a version that is said to be disabled unwraps");
                _model.Advanced();
                break;

            case KeyCommand.RetireBranch:
                Require(_model.IsUsable != false, "a branch of a revoked key was retired");
                var retired = Result<RetireBranchResult>();
                Require(retired.LeftBehind == 0 && retired.IsRetired, "a branch is said to be retired, and has blobs");
                _model.Advanced();
                using (var catalog = CreateCatalog())
                {
                    await RequireRetiredAsync(catalog, retired, after.Count > 0).ConfigureAwait(false);
                }

                break;

            case KeyCommand.Restore:
                var restored = Result<RestoreKeyResult>();
                // A rotation that was cut off may bring one more beside them.
                Require(
                    after.SetEquals(restored.Versions) || (_model.IsVersionUnderWay && after.IsSupersetOf(restored.Versions)),
                    $"{Names(restored.Versions)} are said to be restored, and {Names(after)} unwrap");
                _model.Restored();
                using (var catalog = CreateCatalog())
                {
                    await ReadAllAsync(catalog).ConfigureAwait(false);
                }

                break;

            default:
                var revoked = Result<RevokeKeyResult>();
                Require(after.Count == 0, $"'{command}' ends well, and {Names(after)} unwrap");
                Require(_model.IsSomethingOpen || before.IsSubsetOf(revoked.Versions), $"{Names(before)} were taken away, and {Names(revoked.Versions)} are said to be");
                Require(revoked.RefusedAfterSeconds >= 0 && revoked.OrderedOn.AddSeconds(revoked.RefusedAfterSeconds) <= _time.GetUtcNow(), "the seconds do not count from the order");
                Require(_ledger.Events.Any(entry => entry.Kind == "key.revoked" && entry.CorrelationId == status.InstanceId), "the ledger does not say that it was revoked");
                _model.Revoked();
                break;
        }
    }

    private void CheckRefusal(KeyCommand command, OrchestrationStatus status, HashSet<KeyIdentifier> after)
    {
        var type = status.Failure!.ToException();
        var text = $"'{command}' is refused: {status.Failure}";
        var mayFail = _model.IsSomethingOpen || _model.IsUsable is null;
        Require(type is ConflictException or KeyUnavailableException or OverruledException || (type is KeyNotFoundInVaultException && mayFail), text);
        switch (command)
        {
            case KeyCommand.Disable or KeyCommand.Delete:
                Require(after.Count == 0 || (mayFail && type is not ConflictException), $"{text}; yet {Names(after)} unwrap");
                break;
            case KeyCommand.Restore:
                Require(_model.IsUsable != false || mayFail, text);
                break;
            default:
                Require(_model.IsUsable != true || mayFail, text);
                break;
        }
    }

    /// <summary>Every version that was ever under the name, by a real unwrap.</summary>
    private async Task<HashSet<KeyIdentifier>> UnwrappingAsync()
    {
        await foreach (var version in _vault.ListKeyVersionsAsync(Key, CancellationToken.None).ConfigureAwait(false))
        {
            _everSeen.TryAdd(version.Id, version.PublicKey!);
        }

        var unwrapping = new HashSet<KeyIdentifier>();
        foreach (var (id, publicKey) in _everSeen)
        {
            using var rsa = RSA.Create(publicKey.ToParameters());
            try
            {
                await _vault.UnwrapKeyAsync(id, rsa.Encrypt(new byte[32], RSAEncryptionPadding.OaepSHA256), CancellationToken.None).ConfigureAwait(false);
                unwrapping.Add(id);
            }
            catch (KeyUnavailableException)
            {
                // It refuses.
            }
        }

        return unwrapping;
    }

    private async Task EncryptAsync(TestPipeline catalog, string name)
    {
        var uploaded = await _storage!.Uploads.Client.GetBlobClient(name).UploadAsync(BinaryData.FromBytes(ContentOf(name)), overwrite: true).ConfigureAwait(false);
        var input = new EncryptBlobInput { BlobName = name, ETag = uploaded.Value.ETag.ToString() };
        var engine = new ReplayEngine(catalog.Activities, _time);
        await engine.RunAsync<EncryptBlobResult>(EncryptBlobOrchestration.Name, input, EncryptBlobInput.InstanceIdFor(name, input.ETag)).ConfigureAwait(false);
    }

    private async Task ReadAllAsync(TestPipeline catalog)
    {
        foreach (var (name, content) in _model.Blobs)
        {
            await using var opened = await catalog.Reader.OpenAsync(name, PinFreshness.Now, CancellationToken.None).ConfigureAwait(false);
            var read = new byte[opened.Envelope.Layout.PlaintextLength];
            await using var stream = new Byok.Core.Envelope.DecryptingStream(opened.Envelope);
            await stream.ReadExactlyAsync(read).ConfigureAwait(false);
            Require(read.AsSpan().SequenceEqual(content), $"'{name}' reads as something else");
        }
    }

    private async Task RequireRetiredAsync(TestPipeline catalog, RetireBranchResult retired, bool unwraps)
    {
        var life = await _vault.ReadLifeAsync(Key, CancellationToken.None).ConfigureAwait(false);
        Require(!BranchPins.Of(life).Contains(retired.Branch), "a retired branch is pinned");
        if (unwraps)
        {
            await ReadAllAsync(catalog).ConfigureAwait(false);
        }
    }

    private static byte[] ContentOf(string name) => Encoding.UTF8.GetBytes($"content of {name}");

    private static string Names(IEnumerable<KeyIdentifier> versions) => $"[{string.Join(' ', versions.Select(version => version.Version[..6]))}]";

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new InvalidOperationException(otherwise);
        }
    }
}
