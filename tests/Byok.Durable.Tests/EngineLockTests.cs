namespace Byok.Durable.Tests;

public sealed class EngineLockTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("byok-lock-").FullName;

    private string Journal => Path.Combine(_folder, "journal.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void IsHeld_LivingAndDeadEngine_TellsThemApart()
    {
        string id;
        using (var held = EngineLock.Acquire(Journal))
        {
            id = held.EngineId;
            Assert.True(EngineLock.IsHeld(Journal, id));
        }

        Assert.False(EngineLock.IsHeld(Journal, id));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nu\0ll")]
    [InlineData("/../victim")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    public void IsHeld_NoEnginesId_IsNotHeldAndTouchesNoFile(string id)
    {
        // Whoever may write to the journal writes an owner that leads elsewhere.
        Directory.CreateDirectory($"{Journal}-engine-");
        var victim = Path.Combine(_folder, "victim.lock");
        File.WriteAllText(victim, "not ours");

        Assert.False(EngineLock.IsHeld(Journal, id));
        Assert.True(File.Exists(victim));
    }

    [Fact]
    public void IsHeld_IdLongerThanAFilesName_IsNotHeld() => Assert.False(EngineLock.IsHeld(Journal, new string('a', 5000)));
}
