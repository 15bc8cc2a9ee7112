namespace Byok.Pipeline.Tests.Crashes;

/// <summary>What a process can change.</summary>
internal enum ChangedService
{
    Storage,
    Vault,
    Hsm,
}
