namespace Byok.Cli.Stack;

/// <summary>Where the local stack keeps its things. Secrets (PINs, token objects, relay keys) live under <see cref="Tokens"/> only.</summary>
internal sealed class StackPaths
{
    public StackPaths(string home)
    {
        Home = Path.GetFullPath(home);
    }

    /// <summary>The state folder, <c>$BYOK_HOME</c>, default <c>.byok</c> in the current folder.</summary>
    public string Home { get; }

    public string StackFile => Path.Combine(Home, "stack.json");

    public string LockFile => Path.Combine(Home, "stack.lock");

    public string Tokens => Path.Combine(Home, "tokens");

    public string VaultDatabase => Path.Combine(Home, "vault.db");

    public string Journal => Path.Combine(Home, "journal.db");

    public string Azurite => Path.Combine(Home, "azurite");

    public string AgentState => Path.Combine(Home, "agent");

    public string Logs => Path.Combine(Home, "logs");

    public string Pending => Path.Combine(Home, "pending");

    public static StackPaths FromEnvironment() =>
        new(Environment.GetEnvironmentVariable("BYOK_HOME") is { Length: > 0 } home ? home : ".byok");
}
