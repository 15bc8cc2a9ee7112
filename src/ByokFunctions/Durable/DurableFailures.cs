using Byok.Core.Errors;
using Microsoft.DurableTask;

namespace ByokFunctions.Durable;

/// <summary>Reads our failure out of Durable Functions' description of one.</summary>
internal static class DurableFailures
{
    private static readonly string Ours = $"{typeof(ByokException).Namespace}.";

    private static readonly HashSet<string> Wrappers = new(StringComparer.Ordinal)
    {
        typeof(TaskFailedException).FullName!,
        typeof(AggregateException).FullName!,
        "Microsoft.Azure.WebJobs.Host.FunctionFailedException",
        "Microsoft.Azure.WebJobs.Host.FunctionInvocationException",
        "DurableTask.Core.Exceptions.TaskFailedException",
        "DurableTask.Core.Exceptions.SubOrchestrationFailedException",
    };

    /// <summary>The outermost failure of ours in the chain of causes; without one, the outermost that is no mere wrapper.</summary>
    public static FailureDetails ToFailure(this TaskFailureDetails details)
    {
        var meaning = Parse(details);
        for (var cause = details; cause is not null; cause = cause.InnerFailure)
        {
            var failure = Parse(cause);
            if (failure.ErrorType.StartsWith(Ours, StringComparison.Ordinal))
            {
                return failure;
            }

            if (Wrappers.Contains(meaning.ErrorType))
            {
                meaning = failure;
            }
        }

        return meaning;
    }

    /// <summary>Reads a failed orchestration's output: the Functions host keeps <c>type: sentence</c> there, and no details.</summary>
    public static FailureDetails ToFailure(string? output)
    {
        var failure = ActivityFailureException.Parse(string.Empty, output ?? "The orchestration failed and left no reason.");
        return failure.ErrorType.StartsWith(Ours, StringComparison.Ordinal)
            ? failure
            : new FailureDetails(typeof(UnexpectedFailureException).FullName!, output ?? failure.Message);
    }

    private static FailureDetails Parse(TaskFailureDetails details) => ActivityFailureException.Parse(details.ErrorType, details.ErrorMessage);
}
