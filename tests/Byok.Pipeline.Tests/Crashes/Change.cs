namespace Byok.Pipeline.Tests.Crashes;

/// <summary>Something that a process changes outside of itself.</summary>
/// <param name="What">A storage request's method and path, or the name of a call.</param>
/// <param name="Service">Where.</param>
/// <param name="Call">Which request or call of that service it is, from 1.</param>
internal sealed record Change(string What, ChangedService Service, int Call)
{
    public bool IsOfBranchRecord => Service == ChangedService.Storage && What.Contains("/branches/", StringComparison.Ordinal);

    public bool IsOfKey => Service == ChangedService.Vault;

    public override string ToString() => $"{Service}: {What}";
}
