using Byok.Testing.CommandLine;

namespace Byok.EndToEnd.Tests.Crashes;

/// <summary>A killed <c>blob decrypt</c> leaves nothing under the target's name, and what it leaves beside it goes with the next one.</summary>
public sealed class KilledDecryptionTests(StackFixture stack) : IClassFixture<StackFixture>
{
    private const int Length = 60_000_000;

    [Fact]
    public async Task Decrypt_Killed_LeavesTheTargetAloneAndTheNextOneTidiesUp()
    {
        var file = await stack.EncryptAsync("blob", Length);
        var output = stack.Byok.ScratchFile("decrypted");
        var drafts = 0;
        for (var attempt = 0; attempt < 4; attempt++)
        {
            var seen = ByokHome.Beside(output);
            using var command = stack.Byok.Start("blob", "decrypt", "blob", "-o", output);
            await KillMoment.WaitAsync(command, () => Task.FromResult(ByokHome.Beside(output).Any(draft => !seen.Contains(draft))));
            await Task.Delay(attempt * 10);
            command.Kill();
            await command.WaitAsync();
            var left = ByokHome.Beside(output);
            drafts += left.Count;
            if (left.Count > 0)
            {
                Assert.False(File.Exists(output), "A killed command left a file under the target's name.");
                Assert.All(left, draft => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(draft)));
            }

            File.Delete(output);
        }

        Assert.NotEqual(0, drafts); // else no kill hit its moment, and nothing was tested
        await stack.Byok.SucceedAsync("blob", "decrypt", "blob", "-o", output);
        Assert.True(File.ReadAllBytes(file).AsSpan().SequenceEqual(File.ReadAllBytes(output)));
        Assert.Empty(ByokHome.Beside(output));
    }
}
