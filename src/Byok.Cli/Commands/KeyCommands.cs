using System.CommandLine;

namespace Byok.Cli.Commands;

/// <summary><c>byok key ...</c>.</summary>
internal static class KeyCommands
{
    public static Command Create() => new("key", "Bring keys from the HSM and look after them.")
    {
        KeyBringCommand.Create(),
        KeyRotateCommand.Create(),
        KeyRevokeCommand.Create(),
        KeyRestoreCommand.Create(),
        KeyListCommand.Create(),
    };
}
