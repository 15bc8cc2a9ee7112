namespace Byok.Local.Stack;

/// <summary>What runs the pipeline on this machine.</summary>
public enum StackHost
{
    /// <summary>The embedded engine, inside each command. The default.</summary>
    Embedded,

    /// <summary>The Functions app itself, under Azure Functions Core Tools; commands go through its HTTP API and its upload trigger.</summary>
    Functions,
}
