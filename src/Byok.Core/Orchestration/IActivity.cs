namespace Byok.Core.Orchestration;

/// <summary>An activity as an engine sees it, which knows neither of its types.</summary>
public interface IActivity
{
    /// <summary>The input's type.</summary>
    Type InputType { get; }

    /// <summary>Does the work on an input of that type; gives the output, ready to be serialised.</summary>
    Task<object?> RunAsync(object? input, CancellationToken cancellationToken);
}
