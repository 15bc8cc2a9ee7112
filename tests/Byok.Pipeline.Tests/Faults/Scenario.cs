namespace Byok.Pipeline.Tests.Faults;

/// <summary>An orchestration to be run under faults.</summary>
/// <param name="Name">What the reports call it.</param>
/// <param name="PrepareAsync">Brings the stack into the state that the orchestration starts from; no faults yet.</param>
/// <param name="RunAsync">Runs it; the number says how often it was started before.</param>
/// <param name="VerifyAsync">What must be so when it ended well.</param>
internal sealed record Scenario(string Name, Func<FaultScene, Task> PrepareAsync, Func<FaultScene, int, Task> RunAsync, Func<FaultScene, Task> VerifyAsync)
{
    public override string ToString() => Name;
}
