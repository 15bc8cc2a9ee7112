namespace Byok.Local.Stack;

/// <summary>Where the local stack keeps its things. Secrets (PINs, token objects, relay keys, approvers' keys) live under <see cref="Tokens"/> only.</summary>
public sealed class StackPaths(string home)
{
    /// <summary>The state folder, <c>$BYOK_HOME</c>, default <c>.byok</c> in the current folder.</summary>
    public string Home { get; } = Path.GetFullPath(home);

    public string StackFile => Path.Combine(Home, "stack.json");

    public string LockFile => Path.Combine(Home, "stack.lock");

    public string Tokens => Path.Combine(Home, "tokens");

    /// <summary>The token that plays the customer's HSM. Only the agent's process opens it.</summary>
    public string HsmToken => Path.Combine(Tokens, "hsm");

    /// <summary>The token that plays the vault's HSM.</summary>
    public string VaultToken => Path.Combine(Tokens, "vault");

    /// <summary>The relay's access keys, one file each.</summary>
    public string RelayKeys => Path.Combine(Tokens, "relay");

    /// <summary>The approvers' key pairs.</summary>
    public string Approvers => Path.Combine(Tokens, "approvers");

    public string VaultDatabase => Path.Combine(Home, "vault.db");

    /// <summary>The certificate of the vault's endpoint, for its clients to trust.</summary>
    public string VaultCertificate => Path.Combine(Home, "vault.pem");

    /// <summary>The access token of the vault's endpoint.</summary>
    public string VaultAccessToken => Path.Combine(Tokens, "vault-endpoint", "access.token");

    public string Journal => Path.Combine(Home, "journal.db");

    public string Azurite => Path.Combine(Home, "azurite");

    public string AgentFile => Path.Combine(Home, "agent.json");

    public string AgentState => Path.Combine(Home, "agent");

    public string Logs => Path.Combine(Home, "logs");

    public string Pending => Path.Combine(Home, "pending");

    public static StackPaths FromEnvironment() =>
        new(Environment.GetEnvironmentVariable("BYOK_HOME") is { Length: > 0 } home ? home : ".byok");

    /// <summary>The file that a process of the stack holds locked while it runs.</summary>
    public string LockOf(string process) => Path.Combine(Home, $"{process}.lock");

    /// <summary>Where a process of the stack writes its output.</summary>
    public string LogOf(string process) => Path.Combine(Logs, $"{process}.log");
}
