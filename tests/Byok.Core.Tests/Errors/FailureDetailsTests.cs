using System.Text.Json;
using Byok.Core.Errors;

namespace Byok.Core.Tests.Errors;

/// <summary>Failures that cross a durable boundary: what comes back decides what is retried and which exit code a command has.</summary>
public sealed class FailureDetailsTests
{
    public static TheoryData<string> OurTypes =>
        [.. typeof(ByokException).Assembly.GetTypes().Where(type => type.IsAssignableTo(typeof(ByokException)) && !type.IsAbstract).Select(type => type.FullName!)];

    [Theory]
    [MemberData(nameof(OurTypes))]
    public void ToException_EveryTypeOfOurs_ComesBackAsItself(string type)
    {
        var original = (ByokException)Activator.CreateInstance(typeof(ByokException).Assembly.GetType(type)!, "It broke.", null)!;
        var crossed = JsonSerializer.Deserialize<FailureDetails>(JsonSerializer.Serialize(FailureDetails.From(original)))!;

        var back = crossed.ToException();

        Assert.Equal(type, back.GetType().FullName);
        Assert.Equal("It broke.", back.Message);
        Assert.Equal(original is TransientByokException, crossed.IsRetryable);
    }

    [Theory]
    [InlineData(typeof(IOException), true)]
    [InlineData(typeof(TimeoutException), true)]
    [InlineData(typeof(HttpRequestException), true)]
    [InlineData(typeof(ArgumentException), false)]
    [InlineData(typeof(ArgumentNullException), false)]
    [InlineData(typeof(ArgumentOutOfRangeException), false)]
    [InlineData(typeof(InvalidOperationException), false)]
    [InlineData(typeof(NotSupportedException), false)]
    [InlineData(typeof(JsonException), false)]
    public void ToException_TypeOfOthers_IsUnexpectedAndRetriedUnlessMisuse(Type type, bool isRetryable)
    {
        var details = new FailureDetails(type.FullName!, "Broken.");

        Assert.Equal($"{type.FullName}: Broken.", Assert.IsType<UnexpectedFailureException>(details.ToException()).Message);
        Assert.Equal(isRetryable, details.IsRetryable);
    }

    [Fact]
    public void From_Aggregate_IsItsFirstCause()
    {
        var aggregate = new AggregateException(new AggregateException(new IntegrityException("altered"), new IOException()), new TimeoutException());

        Assert.Equal(new FailureDetails(typeof(IntegrityException).FullName!, "altered"), FailureDetails.From(aggregate));
        Assert.Equal(typeof(AggregateException).FullName, FailureDetails.From(new AggregateException("none")).ErrorType);
        Assert.Throws<ArgumentNullException>("exception", () => FailureDetails.From(null!));
    }
}
