namespace Byok.Core.Transfer;

/// <summary>Collects findings in the order they are met.</summary>
internal sealed class TransferBlobFindings
{
    private readonly List<TransferBlobFinding> _all = [];

    public IReadOnlyList<TransferBlobFinding> All => _all;

    public TransferBlobFinding? FirstError => _all.FirstOrDefault(finding => finding.Severity == TransferBlobSeverity.Error);

    public void Error(string code, string message) => _all.Add(new TransferBlobFinding(TransferBlobSeverity.Error, code, message));

    public void Warn(string code, string message) => _all.Add(new TransferBlobFinding(TransferBlobSeverity.Warning, code, message));
}
