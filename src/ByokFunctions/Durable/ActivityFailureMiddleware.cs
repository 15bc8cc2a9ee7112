using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;

namespace ByokFunctions.Durable;

/// <summary>Lets failures of activities cross to the orchestrator with their type: retry decisions rest on it.</summary>
internal sealed class ActivityFailureMiddleware : IFunctionsWorkerMiddleware
{
    /// <summary>Whether a function is an activity.</summary>
    public static bool Applies(FunctionContext context) =>
        context.FunctionDefinition.InputBindings.Values.Any(binding => binding.Type.Equals("activityTrigger", StringComparison.OrdinalIgnoreCase));

    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException && !IsSerialized(exception))
        {
            throw new ActivityFailureException(exception);
        }
    }

    // Newer versions of the extension carry type and text themselves, in an exception of their own that must reach the host as it is.
    private static bool IsSerialized(Exception exception) =>
        exception.GetType().FullName!.StartsWith("Microsoft.Azure.Functions.Worker.Extensions.DurableTask.", StringComparison.Ordinal);
}
