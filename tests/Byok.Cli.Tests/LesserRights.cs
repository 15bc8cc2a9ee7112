namespace Byok.Cli.Tests;

/// <summary>
/// File permissions mean nothing to root, as whom tests run in containers. Without these two capabilities they do.
/// </summary>
internal static class LesserRights
{
    /// <summary>What to put before a command so that file permissions hold for it.</summary>
    public static string[] Prefix { get; } = Environment.IsPrivilegedProcess ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] : ["env"];
}
