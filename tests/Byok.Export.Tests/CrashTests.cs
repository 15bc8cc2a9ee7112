using Byok.Export.Record;

namespace Byok.Export.Tests;

/// <summary>The agent dies while it records an export, at every byte that it may have come to.</summary>
public sealed class CrashTests : IDisposable
{
    private readonly AgentScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public async Task Export_DiedAtEveryByteOfItsRecord_EndsWithOneExportAndOneAnswer()
    {
        _scene.Restart();
        _ = _scene.Agent; // started once
        _scene.Restart();
        var (logPath, headPath) = (Path.Combine(_scene.Folder, AgentRecord.FileName), Path.Combine(_scene.Folder, AgentRecord.HeadFileName));
        _ = _scene.Agent;
        var (before, head) = (File.ReadAllBytes(logPath), File.ReadAllText(headPath));
        await _scene.ExportAsync(_scene.ApprovedRequest());
        var after = File.ReadAllBytes(logPath);
        Assert.InRange(after.Length - before.Length, 1000, 20_000);

        for (var length = before.Length; length <= after.Length; length += length > after.Length - 40 || length < before.Length + 40 ? 1 : 97)
        {
            _scene.Restart();
            File.WriteAllBytes(logPath, after[..length]);
            File.WriteAllText(headPath, head);

            var first = await _scene.ExportAsync(_scene.ApprovedRequest());
            var second = await _scene.ExportAsync(_scene.ApprovedRequest());

            Assert.Equal(first.TransferBlob, second.TransferBlob);
            Assert.Single(_scene.ReadRecord(), entry => entry.Kind == AgentRecordKind.Exported);
        }
    }

    [Fact]
    public async Task Export_RecordCannotBeWritten_HandsNothingOut()
    {
        _ = _scene.Agent;
        var before = new FileInfo(Path.Combine(_scene.Folder, AgentRecord.FileName)).Length;
        Directory.CreateDirectory(Path.Combine(_scene.Folder, AgentRecord.HeadFileName + ".new")); // the head cannot be written from now on

        await _scene.ExportAsync(_scene.ApprovedRequest("a")); // its own line is on the disk and counts
        await Assert.ThrowsAnyAsync<Core.Errors.ByokException>(() => _scene.ExportAsync(_scene.ApprovedRequest("b")));

        Assert.True(new FileInfo(Path.Combine(_scene.Folder, AgentRecord.FileName)).Length > before);
        Directory.Delete(Path.Combine(_scene.Folder, AgentRecord.HeadFileName + ".new"));
        Assert.Equal(["a"], _scene.ReadRecord().Where(entry => entry.Kind == AgentRecordKind.Exported).Select(entry => entry.Details["requestId"]));
    }
}
