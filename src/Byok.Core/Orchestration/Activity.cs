namespace Byok.Core.Orchestration;

/// <summary>A unit of real work. It may run more than once for one call, so it is idempotent; it throws, and never returns a success flag.</summary>
/// <typeparam name="TInput">Input: names, ids and wrapped keys only; it is stored.</typeparam>
/// <typeparam name="TOutput">Output: likewise.</typeparam>
public abstract class Activity<TInput, TOutput> : IActivity
{
    Type IActivity.InputType => typeof(TInput);

    /// <summary>Does the work.</summary>
    public abstract Task<TOutput> RunAsync(TInput input, CancellationToken cancellationToken);

    async Task<object?> IActivity.RunAsync(object? input, CancellationToken cancellationToken) =>
        await RunAsync((TInput)input!, cancellationToken).ConfigureAwait(false);
}
