using Byok.Core.Errors;
using Byok.Core.Text;

namespace Byok.Local.Stack;

/// <summary>The disk that the local stack's state is on. Looked at before work begins, because a full disk shows itself in many ways afterwards.</summary>
public static class StackDisk
{
    /// <summary>What the databases and logs need to go on: 4 MiB.</summary>
    public const long ReserveInBytes = 4 * 1024 * 1024;

    /// <summary>Refuses to begin what would not fit.</summary>
    /// <param name="paths">The stack.</param>
    /// <param name="neededInBytes">What is going to be written.</param>
    /// <exception cref="ConfigurationException">The disk has less free.</exception>
    public static void Require(StackPaths paths, long neededInBytes)
    {
        var free = new DriveInfo(Path.GetFullPath(paths.Home)).AvailableFreeSpace;
        if (free < neededInBytes + ReserveInBytes)
        {
            throw new ConfigurationException(
                $"The disk under '{paths.Home}' has {Units.Bytes(free)} free, and this needs {Units.Bytes(neededInBytes + ReserveInBytes)}; free some space, or set BYOK_HOME to another disk.");
        }
    }
}
