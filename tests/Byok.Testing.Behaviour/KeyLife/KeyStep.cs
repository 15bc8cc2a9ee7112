namespace Byok.Testing.Behaviour.KeyLife;

/// <summary>One command of a sequence: given to its end, or its process killed at a write of the journal, and then perhaps given again.</summary>
/// <param name="Command">The command.</param>
/// <param name="KilledAt">The write at which its process is killed; 0 for none. A command that ends before is not killed.</param>
/// <param name="IsWritten">Whether it is killed after that write, or before.</param>
/// <param name="IsRepeated">Whether a killed command is given again.</param>
public sealed record KeyStep(KeyCommand Command, int KilledAt = 0, bool IsWritten = false, bool IsRepeated = false)
{
    public override string ToString() => KilledAt == 0 ? $"{Command}" : $"{Command} killed {(IsWritten ? "after" : "before")} write {KilledAt}{(IsRepeated ? ", again" : string.Empty)}";
}
