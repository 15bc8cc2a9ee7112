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
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new ActivityFailureException(exception);
        }
    }
}
