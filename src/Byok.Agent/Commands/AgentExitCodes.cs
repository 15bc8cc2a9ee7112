using Byok.Core.Errors;

namespace Byok.Agent.Commands;

/// <summary>The agent's exit codes. A service manager must not restart it after 4 and 78: nothing gets better by itself.</summary>
internal static class AgentExitCodes
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int Usage = 2;

    /// <summary>The record was tampered with.</summary>
    public const int IntegrityFailure = 4;

    /// <summary>Settings, PIN or rights are wrong (<c>EX_CONFIG</c> of sysexits.h).</summary>
    public const int Configuration = 78;

    public static int For(ByokException exception) => exception switch
    {
        ConfigurationException or HsmPinException => Configuration,
        IntegrityException => IntegrityFailure,
        _ => Failed,
    };
}
