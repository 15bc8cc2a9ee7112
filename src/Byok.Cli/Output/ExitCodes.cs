using Byok.Core.Errors;

namespace Byok.Cli.Output;

/// <summary>The exit codes of the command-line contract.</summary>
internal static class ExitCodes
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int Usage = 2;
    public const int KeyUnavailable = 3;
    public const int IntegrityFailure = 4;
    public const int Cancelled = 130;

    /// <summary>The exit code for a failure, by its type.</summary>
    public static int For(Exception exception) => exception switch
    {
        KeyUnavailableException => KeyUnavailable,
        EnvelopeException => IntegrityFailure,
        OperationCanceledException => Cancelled,
        _ => Failed,
    };
}
