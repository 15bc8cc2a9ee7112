using Byok.Core.Errors;
using ByokFunctions.Durable;
using Microsoft.DurableTask;

namespace ByokFunctions.Tests;

/// <summary>The ways in which versions of host and extension carry a failure all lead back to its type and sentence.</summary>
public sealed class FailureTextTests
{
    private const string Sentence = "The key is off: https://v.vault.azure.net/keys/a/b; restore it.";

    private static readonly KeyUnavailableException Cause = new(Sentence, new IOException("inner: text"));

    private static readonly string Own = typeof(ActivityFailureException).FullName!;

    private static readonly string Type = typeof(KeyUnavailableException).FullName!;

    public static TheoryData<string, string> Carried => new()
    {
        // The host splits the text that the middleware gave it, or the text of ToString().
        { Type, Sentence },
        { Own, $"{Type}: {Sentence}" },
        // The host knows the wrapper only.
        { "(unknown)", $"{Own}: {Type}: {Sentence}" },
    };

    [Theory]
    [MemberData(nameof(Carried))]
    public void ToFailure_HoweverItWasCarried_GivesTypeAndSentence(string errorType, string message)
    {
        var details = new TaskFailureDetails(errorType, message.Replace("(unknown): ", string.Empty, StringComparison.Ordinal), null, null, null);
        var failure = errorType == "(unknown)" ? DurableFailures.ToFailure(message) : details.ToFailure();

        Assert.Equal(new FailureDetails(Type, Sentence), failure);
    }

    [Fact]
    public void ToFailure_InAChain_TakesTheOutermostOfOurs()
    {
        var inner = new TaskFailureDetails("Azure.RequestFailedException", "Status: 403", null, null, null);
        var ours = new TaskFailureDetails(Type, Sentence, null, inner, null);
        var wrapped = new TaskFailureDetails(typeof(TaskFailedException).FullName!, "Task 'X' failed", null, ours, null);

        Assert.Equal(new FailureDetails(Type, Sentence), wrapped.ToFailure());
    }

    [Fact]
    public void ToFailure_OfAForeignTypeInAWrapper_TakesTheForeignType()
    {
        var foreign = new TaskFailureDetails("System.IO.IOException", "disk full", null, null, null);
        var wrapped = new TaskFailureDetails(typeof(AggregateException).FullName!, "One or more", null, foreign, null);

        Assert.Equal(new FailureDetails("System.IO.IOException", "disk full"), wrapped.ToFailure());
    }

    [Theory]
    [InlineData("Something: went wrong")]
    [InlineData("no colon")]
    [InlineData("")]
    public void ToFailure_OfAForeignOutput_IsUnexpected(string output) =>
        Assert.Equal(new FailureDetails(typeof(UnexpectedFailureException).FullName!, output), DurableFailures.ToFailure(output));

    [Fact]
    public void Message_OfSeveralLines_IsOneLine() =>
        Assert.Equal($"{typeof(HsmException).FullName}: a b", new ActivityFailureException(new HsmException("a\nb")).Message);

    [Fact]
    public void Message_OfAnAggregate_IsTheFirstCause() =>
        Assert.Equal($"{Type}: {Sentence}", new ActivityFailureException(new AggregateException(Cause)).Message);
}
