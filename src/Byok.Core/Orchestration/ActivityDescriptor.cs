namespace Byok.Core.Orchestration;

/// <summary>An activity by name, as an engine runs it.</summary>
/// <param name="Name">The name it is called by.</param>
/// <param name="RunAsync">Runs it with an input of that type; gives the output, ready to be serialised.</param>
public sealed record ActivityDescriptor(string Name, Type InputType, Func<object?, CancellationToken, Task<object?>> RunAsync)
{
    /// <summary>Describes an activity.</summary>
    public static ActivityDescriptor For(IActivity activity, string name)
    {
        ArgumentNullException.ThrowIfNull(activity);
        return new(name, activity.InputType, activity.RunAsync);
    }

    /// <summary>Describes an activity under its class name.</summary>
    public static ActivityDescriptor For<TInput, TOutput>(Func<Activity<TInput, TOutput>> create, string name) =>
        new(name, typeof(TInput), async (input, cancellationToken) => await create().RunAsync((TInput)input!, cancellationToken).ConfigureAwait(false));
}
