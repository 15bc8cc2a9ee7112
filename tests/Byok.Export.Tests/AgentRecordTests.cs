using Byok.Core.Errors;
using Byok.Export.Record;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Export.Tests;

public sealed class AgentRecordTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("byok-log-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    private string LogPath => Path.Combine(_folder, AgentRecord.FileName);

    private string HeadPath => Path.Combine(_folder, AgentRecord.HeadFileName);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Append_FirstEntry_HasTheDocumentedForm()
    {
        using var log = AgentRecord.Open(_folder, _time);
        log.Append("request.refused", new Dictionary<string, string> { ["rule"] = "vault" });

        var line = File.ReadAllText(LogPath);
        const string Body = """{"sequence":1,"recordedOn":"2026-01-02T03:04:05+00:00","kind":"request.refused","details":{"rule":"vault"},"previousHash":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}""";
        var hash = System.Buffers.Text.Base64Url.EncodeToString(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Body)));
        Assert.Equal($"{Body[..^1]},\"hash\":\"{hash}\"}}\n", line);
        Assert.Equal($"1 {hash}\n", File.ReadAllText(HeadPath));
    }

    [Fact]
    public void Verify_UntouchedRecord_CountsItsEntries()
    {
        Fill(20);

        var result = AgentRecordVerification.Run(_folder);

        Assert.Equal((20, 10, 10, 0), (result.Entries, result.Exports, result.Refusals, result.TornBytes));
    }

    [Fact]
    public void Verify_WhileTheAgentRuns_Works()
    {
        using var log = AgentRecord.Open(_folder, _time);
        log.Append("agent.started", new Dictionary<string, string>());

        Assert.Equal(1, AgentRecordVerification.Run(_folder).Entries);
    }

    [Fact]
    public void Verify_AnyByteChanged_IsDetected()
    {
        Fill(3);
        var bytes = File.ReadAllBytes(LogPath);
        for (var i = 0; i < bytes.Length; i++)
        {
            var changed = (byte[])bytes.Clone();
            changed[i] ^= 1;
            File.WriteAllBytes(LogPath, changed);
            Assert.Throws<IntegrityException>(() => AgentRecordVerification.Run(_folder));
        }
    }

    [Fact]
    public void Verify_CutOffAtAnyLength_IsDetected()
    {
        Fill(3);
        var bytes = File.ReadAllBytes(LogPath);
        for (var length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(LogPath, bytes[..length]);
            Assert.Throws<IntegrityException>(() => AgentRecordVerification.Run(_folder));
            Assert.Throws<IntegrityException>(() => AgentRecord.Open(_folder, _time));
        }
    }

    [Theory]
    [InlineData("0 1 2 4")] // dropped in the middle
    [InlineData("1 2 3 4")] // the first dropped
    [InlineData("0 2 1 3 4")] // reordered
    [InlineData("0 1 1 2 3 4")] // duplicated
    [InlineData("0 1 2 3")] // the last dropped
    [InlineData("")] // all dropped
    public void Verify_LinesMoved_IsDetected(string order)
    {
        Fill(5);
        var lines = File.ReadAllLines(LogPath);
        File.WriteAllText(LogPath, string.Concat(order.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(i => lines[int.Parse(i, null)] + "\n")));

        Assert.Throws<IntegrityException>(() => AgentRecordVerification.Run(_folder));
        Assert.Throws<IntegrityException>(() => AgentRecord.Open(_folder, _time));
    }

    [Fact]
    public void Verify_WholeRecordMadeAnew_IsDetectedByItsHead()
    {
        Fill(5);
        var head = File.ReadAllText(HeadPath);
        File.Delete(LogPath);
        File.Delete(HeadPath);
        Fill(5, "someone-else");
        File.WriteAllText(HeadPath, head);

        Assert.Throws<IntegrityException>(() => AgentRecordVerification.Run(_folder));
    }

    [Fact]
    public void Verify_HeadMissing_IsDetected()
    {
        Fill(2);
        File.Delete(HeadPath);

        Assert.Throws<IntegrityException>(() => AgentRecordVerification.Run(_folder));
    }

    [Fact]
    public void Verify_NoRecord_SaysSo() => Assert.Throws<ConfigurationException>(() => AgentRecordVerification.Run(_folder));

    [Fact]
    public void Open_LastLineTornAtAnyLength_IsRepairedWithARecord()
    {
        Fill(2);
        var (before, head) = (File.ReadAllBytes(LogPath), File.ReadAllText(HeadPath));
        Fill(1, "torn");
        var after = File.ReadAllBytes(LogPath);
        for (var length = before.Length; length < after.Length; length++)
        {
            File.WriteAllBytes(LogPath, after[..length]);
            File.WriteAllText(HeadPath, head);
            Assert.Equal(length - before.Length, AgentRecordVerification.Run(_folder).TornBytes);

            var entries = Read();

            var expected = length == before.Length ? 2 : 3;
            Assert.Equal(expected, AgentRecordVerification.Run(_folder).Entries);
            Assert.Equal(2, entries.Count(entry => entry.Kind != AgentRecordKind.Repaired));
        }
    }

    [Fact]
    public void Open_HeadOneBehind_IsAccepted()
    {
        Fill(2);
        var head = File.ReadAllText(HeadPath);
        Fill(1);
        File.WriteAllText(HeadPath, head);

        Assert.Equal(3, Read().Count);
        Assert.Equal(3, AgentRecordVerification.Run(_folder).Entries);
    }

    [Fact]
    public void Open_Twice_IsRefused()
    {
        using var log = AgentRecord.Open(_folder, _time);

        Assert.Throws<ConfigurationException>(() => AgentRecord.Open(_folder, _time));
    }

    [Fact]
    public void Append_FromManyThreads_KeepsTheChain()
    {
        using (var log = AgentRecord.Open(_folder, _time))
        {
            Parallel.For(0, 50, i => log.Append("request.refused", new Dictionary<string, string> { ["i"] = $"{i}" }));
        }

        Assert.Equal(50, AgentRecordVerification.Run(_folder).Entries);
    }

    [Fact]
    public void Append_LongerThanALine_IsMisuseAndLeavesTheRecordWhole()
    {
        using var log = AgentRecord.Open(_folder, _time);

        Assert.Throws<ArgumentException>(() => log.Append("x", new Dictionary<string, string> { ["x"] = new('x', 200_000) }));
        log.Append("agent.started", new Dictionary<string, string>());

        Assert.Equal(1, AgentRecordVerification.Run(_folder).Entries);
    }

    private void Fill(int count, string by = "me")
    {
        using var log = AgentRecord.Open(_folder, _time);
        for (var i = 0; i < count; i++)
        {
            log.Append(i % 2 == 0 ? AgentRecordKind.Refused : AgentRecordKind.Exported, new Dictionary<string, string> { ["by"] = by });
        }
    }

    private List<AgentRecordEntry> Read()
    {
        var entries = new List<AgentRecordEntry>();
        AgentRecord.Open(_folder, _time, (entry, _) => entries.Add(entry)).Dispose();
        return entries;
    }
}
