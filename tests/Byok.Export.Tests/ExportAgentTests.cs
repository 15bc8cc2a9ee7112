using System.Security.Cryptography;
using System.Text;
using Byok.Core.Errors;
using Byok.Core.Transfer;
using Byok.Export.Policy;
using Byok.Export.Record;

namespace Byok.Export.Tests;

public sealed class ExportAgentTests : IDisposable
{
    private readonly AgentScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Theory]
    [InlineData("Alice", "Bob")]
    [InlineData("Bob", "Carol")]
    [InlineData("Alice", "Bob", "Carol")]
    public async Task Export_ApprovedByEnough_UnwrapsWithTheKekToTheKey(params string[] approvers)
    {
        var exported = await _scene.ExportAsync(AgentScene.Approved(_scene.Request(), approvers));

        var halves = TransferBlob.Parse(exported.TransferBlob).Split(2048);
        using var aes = Aes.Create();
        aes.Key = AgentScene.Kek.Decrypt(halves.WrappedEphemeralKey.ToArray(), RSAEncryptionPadding.OaepSHA1);
        using var key = RSA.Create();
        key.ImportPkcs8PrivateKey(aes.DecryptKeyWrapPadded(halves.WrappedTargetKey.Span), out _);
        Assert.Equal(exported.PublicKey, AgentScene.PublicOf(key));
    }

    [Fact]
    public async Task Export_Repeated_GivesTheRecordedAnswerAndExportsOnce()
    {
        var first = await _scene.ExportAsync(_scene.ApprovedRequest());
        var again = await _scene.ExportAsync(_scene.ApprovedRequest());
        _scene.Restart();
        var afterRestart = await _scene.ExportAsync(_scene.ApprovedRequest());

        Assert.Equal(first.TransferBlob, again.TransferBlob);
        Assert.Equal(first.TransferBlob, afterRestart.TransferBlob);
        Assert.Equal(first.PublicKey, afterRestart.PublicKey);
        Assert.Equal(1, _scene.Hsm.Exports);
        Assert.Single(_scene.ReadRecord(), entry => entry.Kind == AgentRecordKind.Exported);
    }

    [Fact]
    public async Task Export_AskedFromManySidesAtOnce_ExportsOnce()
    {
        var request = _scene.ApprovedRequest();
        _ = _scene.Agent;

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => _scene.ExportAsync(request))));

        Assert.Single(answers.Select(answer => Convert.ToHexString(answer.TransferBlob)).Distinct());
        Assert.Equal(1, _scene.Hsm.Exports);
    }

    [Fact]
    public async Task Export_HsmFails_MayBeTriedAgainWithTheSameRequest()
    {
        _scene.Hsm.NextFailure = new HsmException("The token was pulled out.");

        await Assert.ThrowsAsync<HsmException>(() => _scene.ExportAsync(_scene.ApprovedRequest()));
        await _scene.ExportAsync(_scene.ApprovedRequest());

        Assert.Equal(1, _scene.Hsm.Exports);
    }

    [Theory]
    [InlineData(typeof(HsmKeyNotExtractableException))]
    [InlineData(typeof(HsmMechanismMissingException))]
    [InlineData(typeof(HsmPinException))]
    [InlineData(typeof(ServiceUnavailableException))]
    public async Task Export_HsmFails_ThrowsTheSameTypeAtTheSender(Type type)
    {
        _scene.Hsm.NextFailure = (Exception)Activator.CreateInstance(type, "A clear sentence.", null)!;

        var failure = await Assert.ThrowsAsync(type, () => _scene.ExportAsync(_scene.ApprovedRequest()));

        Assert.Equal("A clear sentence.", failure.Message);
    }

    [Fact]
    public async Task Export_UnexpectedFailure_TellsNothingOfItOutside()
    {
        _scene.Hsm.NextFailure = new InvalidOperationException("inner matters");

        var failure = await Assert.ThrowsAsync<UnexpectedFailureException>(() => _scene.ExportAsync(_scene.ApprovedRequest()));

        Assert.DoesNotContain("inner matters", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_SelfTestFailed_IsRefused()
    {
        _scene.Hsm.CanExport = false;

        await _scene.AssertRefusedAsync(_scene.ApprovedRequest(), ExportRule.SelfTest);
    }

    [Fact]
    public async Task Export_MoreThanAllowedInAnHour_IsRefusedUntilItHasPassedEvenAfterARestart()
    {
        _scene.Policy = _scene.Policy with { ExportsPerHour = 2 };
        await _scene.ExportAsync(_scene.ApprovedRequest("a"));
        await _scene.ExportAsync(_scene.ApprovedRequest("b"));
        await _scene.AssertRefusedAsync(_scene.ApprovedRequest("c"), ExportRule.ExportRate);
        _scene.Restart();
        await _scene.AssertRefusedAsync(_scene.ApprovedRequest("c"), ExportRule.ExportRate);

        _scene.Time.Advance(TimeSpan.FromHours(1));

        await _scene.ExportAsync(_scene.ApprovedRequest("c"));
    }

    [Fact]
    public async Task Export_NoApprovalsAskedFor_NeedsNone()
    {
        _scene.Policy = _scene.Policy with { RequiredApprovals = 0, Approvers = [] };

        await _scene.ExportAsync(_scene.Request());

        Assert.Equal(1, _scene.Hsm.Exports);
    }

    [Fact]
    public async Task List_ShowsOnlyKeysThatPolicyAllows()
    {
        var keys = await _scene.Sender.ListMasterKeysAsync(CancellationToken.None);

        Assert.Equal(["payroll-2026"], keys.Select(key => key.Label));
        Assert.True(keys[0] is { Sensitive: true, Extractable: true, PublicKey.SizeInBits: 2048 });
    }

    [Fact]
    public async Task Describe_TellsTheHsm() =>
        Assert.Equal("test-token", (await _scene.Sender.DescribeAsync(CancellationToken.None)).TokenLabel);

    [Fact]
    public async Task Generate_AllowedLabel_MakesTheKeyOnce()
    {
        var made = await _scene.Sender.GenerateMasterKeyAsync("payroll-2027", 2048, CancellationToken.None);
        var again = await _scene.Sender.GenerateMasterKeyAsync("payroll-2027", 2048, CancellationToken.None);

        Assert.Equal(made, again);
        Assert.Single(_scene.ReadRecord(), entry => entry.Kind == AgentRecordKind.Generated);
    }

    [Theory]
    [InlineData("other", 2048)]
    [InlineData("payroll-2027", 1024)]
    [InlineData("payroll-\u0430", 2048)]
    public async Task Generate_AgainstPolicy_IsRefused(string label, int sizeInBits)
    {
        var refusal = await Assert.ThrowsAsync<ExportRefusedException>(() => _scene.Sender.GenerateMasterKeyAsync(label, sizeInBits, CancellationToken.None));

        Assert.Contains($"'{ExportRule.Generation}'", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, _scene.Hsm.Calls);
    }

    [Fact]
    public async Task Generate_MoreThanAllowedInAnHour_IsRefused()
    {
        await _scene.Sender.GenerateMasterKeyAsync("payroll-1", 2048, CancellationToken.None);
        await _scene.Sender.GenerateMasterKeyAsync("payroll-2", 2048, CancellationToken.None);

        var refusal = await Assert.ThrowsAsync<ExportRefusedException>(() => _scene.Sender.GenerateMasterKeyAsync("payroll-3", 2048, CancellationToken.None));

        Assert.Contains($"'{ExportRule.GenerationRate}'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Generate_ExistingWithAnotherSize_IsAConflict() =>
        await Assert.ThrowsAsync<NameTakenException>(async () =>
        {
            _scene.Hsm.Add("payroll-big", 1024);
            await _scene.Sender.GenerateMasterKeyAsync("payroll-big", 2048, CancellationToken.None);
        });

    [Fact]
    public async Task Export_HundredInARow_LeavesNothingOpen()
    {
        await _scene.ExportAsync(_scene.ApprovedRequest("warm-up"));
        var files = OpenFiles();
        for (var i = 0; i < 100; i++)
        {
            await _scene.ExportAsync(_scene.ApprovedRequest($"bring-{i}"));
        }

        Assert.Equal(101, _scene.Hsm.Exports);
        Assert.InRange(OpenFiles(), 0, files + 20); // other tests of this process open files as well
        Assert.Equal(101, _scene.ReadRecord().Count(entry => entry.Kind == AgentRecordKind.Exported));
    }

    [Fact]
    public async Task Record_HoldsNoPrivateKey()
    {
        var master = _scene.Hsm.Add("payroll-secret");
        await _scene.ExportAsync(AgentScene.Approved(_scene.Request() with { KeyLabel = "payroll-secret" }, "Alice", "Bob"));
        _scene.Restart();

        var record = Encoding.ASCII.GetString(await File.ReadAllBytesAsync(Path.Combine(_scene.Folder, AgentRecord.FileName)));
        var d = master.ExportParameters(true).D!;
        Assert.DoesNotContain(Convert.ToBase64String(d)[..40], record, StringComparison.Ordinal);
        Assert.DoesNotContain(System.Buffers.Text.Base64Url.EncodeToString(d)[..40], record, StringComparison.Ordinal);
        Assert.Contains("payroll-secret", record, StringComparison.Ordinal);
    }

    private static int OpenFiles() => Directory.GetFileSystemEntries("/proc/self/fd").Length;
}
