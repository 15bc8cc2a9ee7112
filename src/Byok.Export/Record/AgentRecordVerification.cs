using Byok.Core.Errors;
using Byok.Core.Text;

namespace Byok.Export.Record;

/// <summary>What a verification of the agent's record found.</summary>
/// <param name="Entries">How many entries the chain has.</param>
/// <param name="Exports">How many of them are exports.</param>
/// <param name="Refusals">How many of them are refusals.</param>
/// <param name="LastHash">Hash of the last entry, to be compared with one noted elsewhere.</param>
/// <param name="TornBytes">Bytes of an unfinished last line; the agent repairs it at its next start.</param>
public sealed record AgentRecordVerification(long Entries, long Exports, long Refusals, string LastHash, int TornBytes)
{
    /// <summary>Verifies a record without changing it; the agent may run meanwhile.</summary>
    /// <param name="stateFolder">The agent's state folder.</param>
    /// <exception cref="IntegrityException">An entry was altered, dropped, reordered or inserted, or the end was cut off.</exception>
    /// <exception cref="ConfigurationException">There is no record in the folder.</exception>
    public static AgentRecordVerification Run(string stateFolder)
    {
        ArgumentException.ThrowIfNullOrEmpty(stateFolder);
        var path = Path.Combine(stateFolder, AgentRecord.FileName);
        if (!File.Exists(path))
        {
            throw new ConfigurationException($"There is no agent's record in the state folder that was named; {SettingText.Describe(stateFolder)}. Name the agent's state folder.");
        }

        // The head first: the record may grow while it is read.
        var head = AgentRecordHead.Load(Path.Combine(stateFolder, AgentRecord.HeadFileName));
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var (exports, refusals) = (0L, 0L);
        var (last, _, torn) = AgentRecordReader.Read(stream, head, (entry, _) =>
        {
            exports += entry.Kind == AgentRecordKind.Exported ? 1 : 0;
            refusals += entry.Kind == AgentRecordKind.Refused ? 1 : 0;
        });
        return new AgentRecordVerification(last.Sequence, exports, refusals, last.Hash, torn);
    }
}
