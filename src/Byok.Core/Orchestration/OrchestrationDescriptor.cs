namespace Byok.Core.Orchestration;

/// <summary>An orchestration by name, as an engine runs it.</summary>
/// <param name="Name">The name it is started by.</param>
/// <param name="RunAsync">Runs it with an input of that type; gives the output, ready to be serialised.</param>
public sealed record OrchestrationDescriptor(string Name, Type InputType, Func<IOrchestrationContext, object?, Task<object?>> RunAsync)
{
    /// <summary>Describes an orchestration under its class name.</summary>
    public static OrchestrationDescriptor For<TInput, TOutput>(Func<Orchestration<TInput, TOutput>> create, string name) =>
        new(name, typeof(TInput), async (context, input) => await create().RunAsync(context, (TInput)input!).ConfigureAwait(true));
}
