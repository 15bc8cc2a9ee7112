namespace Byok.Cli.Output;

/// <summary>Progress that is told on the caller's own thread, in order; <see cref="Progress{T}"/> posts it somewhere.</summary>
internal sealed class SynchronousProgress<T>(Action<T> report) : IProgress<T>
{
    public void Report(T value) => report(value);
}
