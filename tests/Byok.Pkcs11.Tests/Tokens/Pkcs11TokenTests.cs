using System.Runtime.Versioning;
using Byok.Core.Errors;
using Byok.Local.Tokens;
using Byok.Pkcs11.Library;
using Byok.Pkcs11.Tokens;
using Byok.Testing.Tokens;

namespace Byok.Pkcs11.Tests.Tokens;

public sealed class Pkcs11TokenTests(SoftHsmFixture fixture) : IClassFixture<SoftHsmFixture>
{
    private Pkcs11Library Library => fixture.SoftHsm.Library;

    [Fact]
    public void Login_WrongPin_IsTriedOnceAndRemembered()
    {
        using var fresh = fixture.SoftHsm.OpenToken("wrong-pin");
        using var wrong = new Pin("31415926535897"u8);
        using var right = Pin.ReadFile(fixture.SoftHsm.PinFile("wrong-pin"));

        using var first = Pkcs11Token.OpenByLabel(Library, "wrong-pin", wrong);
        var refused = Assert.Throws<HsmPinException>(first.Login);
        Assert.Equal(("C_Login", "CKR_PIN_INCORRECT"), (refused.Method, refused.ReturnValue));
        var remembered = Assert.Throws<HsmPinException>(first.Login);
        using var second = Pkcs11Token.OpenByLabel(Library, "wrong-pin", wrong);
        var stillRemembered = Assert.Throws<HsmPinException>(second.Login);

        Assert.Null(remembered.ReturnValue);
        Assert.Null(stillRemembered.ReturnValue);
        Assert.All([refused, remembered, stillRemembered], failure => Assert.DoesNotContain("3141", failure.ToString(), StringComparison.Ordinal));
        Assert.Equal(0, first.OpenSessions);
        using var third = Pkcs11Token.OpenByLabel(Library, "wrong-pin", right);
        third.Login();
        Assert.Equal(1, third.OpenSessions);
    }

    [Fact]
    public async Task Login_TwoPoolsOnOneToken_BothWork()
    {
        using var pin = Pin.ReadFile(fixture.SoftHsm.PinFile(fixture.HsmLabel));
        using var other = Pkcs11Token.OpenByLabel(Library, fixture.HsmLabel, pin);
        fixture.HsmToken.Login();

        Assert.Equal(1, await other.RunAsync(_ => 1, default));
        other.Dispose();
        Assert.Equal(2, await fixture.HsmToken.RunAsync(_ => 2, default));
    }

    [Fact]
    public void OpenByLabel_NoSuchToken_SaysSo()
    {
        using var pin = Pin.Generate();
        var failure = Assert.Throws<HsmTokenNotFoundException>(() => Pkcs11Token.OpenByLabel(Library, "no-such-token", pin));
        Assert.Contains("No token with the label that was named", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("no-such-token", failure.Message, StringComparison.Ordinal); // it may be a secret in the wrong place
    }

    [Fact]
    public async Task OpenBySerialNumber_Token_IsTheSame()
    {
        using var pin = Pin.ReadFile(fixture.SoftHsm.PinFile(fixture.HsmLabel));
        using var token = Pkcs11Token.OpenBySerialNumber(Library, fixture.HsmToken.Description.SerialNumber, pin);
        Assert.Equal(fixture.HsmLabel, token.Description.Label);
        Assert.Equal(1, await token.RunAsync(_ => 1, default));
    }

    [Fact]
    public void Initialize_LabelInUse_IsAConflict()
    {
        using var pin = Pin.Generate();
        Assert.Throws<NameTakenException>(() => Pkcs11Token.Initialize(Library, pin, pin, fixture.HsmLabel));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a-label-that-is-longer-than-32-bytes")]
    public void Initialize_ImpossibleLabel_IsMisuse(string label)
    {
        using var pin = Pin.Generate();
        Assert.Throws<ArgumentException>(() => Pkcs11Token.Initialize(Library, pin, pin, label));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void OpenToken_ProcessDiedWhileMakingIt_IsCompleted(bool tokenInitialised)
    {
        var label = $"half-made-{tokenInitialised}";
        File.WriteAllText(Path.Combine(fixture.SoftHsm.Folder, $"{label}.so-pin"), "87654321");
        File.WriteAllText(fixture.SoftHsm.PinFile(label), "12345678");
        if (tokenInitialised)
        {
            Library.Slots().First(pair => !pair.Info.TokenFlags.TokenInitialized).Slot.InitToken("87654321", label);
        }

        using var token = fixture.SoftHsm.OpenToken(label);
        token.Login();
        Assert.Equal(1, token.OpenSessions);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("0123456789abcdef")]
    public void OpenToken_TokenThatWasThereIsGone_IsRefusedAndNoneIsMade(string? serialNumber)
    {
        var label = $"was-there-{serialNumber}";
        var expected = new ExpectedToken(serialNumber, MustExist: true, "by name", "Give it up.");

        var failure = Assert.Throws<ConfigurationException>(() => fixture.SoftHsm.OpenToken(label, expected));

        Assert.Contains($"'{fixture.SoftHsm.Folder}'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("backup", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Library.ListTokens(), token => token.Label == label);
        Assert.False(File.Exists(fixture.SoftHsm.PinFile(label)));
        fixture.SoftHsm.OpenToken(label, expected with { MustExist = false }).Dispose();
    }

    [Fact]
    public void OpenToken_TwoOfOneLabel_AreToldApartBySerialNumber()
    {
        const string label = "twins";
        using var first = fixture.SoftHsm.OpenToken(label);
        var free = Library.Slots().First(pair => !pair.Info.TokenFlags.TokenInitialized).Slot;
        free.InitToken("87654321", label);
        var second = Library.ListTokens().Single(token => token.Label == label && token.SerialNumber != first.Description.SerialNumber).SerialNumber;
        using var pin = Pin.ReadFile(fixture.SoftHsm.PinFile(label));

        string[] messages =
        [
            Assert.Throws<ConfigurationException>(() => fixture.SoftHsm.OpenToken(label)).Message,
            Assert.Throws<HsmTokenNotFoundException>(() => Pkcs11Token.OpenByLabel(Library, label, pin)).Message,
        ];

        Assert.All(messages, message => Assert.Contains(first.Description.SerialNumber, message, StringComparison.Ordinal));
        Assert.All(messages, message => Assert.Contains(second, message, StringComparison.Ordinal));
        using var again = fixture.SoftHsm.OpenToken(label, new ExpectedToken(first.Description.SerialNumber, MustExist: true, "by name", "Give it up."));
        Assert.Equal(first.Description, again.Description);
    }

    [Fact]
    public void OpenToken_PinFileGone_SaysSo()
    {
        fixture.SoftHsm.OpenToken("pin-gone").Dispose();
        File.Delete(fixture.SoftHsm.PinFile("pin-gone"));
        var failure = Assert.Throws<ConfigurationException>(() => fixture.SoftHsm.OpenToken("pin-gone"));
        Assert.Contains("pin-gone", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void OpenToken_Folder_IsForItsOwnerAlone()
    {
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(fixture.SoftHsm.PinFile(fixture.HsmLabel)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(fixture.SoftHsm.Folder));
    }

    [Fact]
    public void Open_SecondFolderInOneProcess_IsAConflict()
    {
        var folder = Directory.CreateTempSubdirectory("byok-tokens-");
        try
        {
            Assert.Throws<AlreadyRunningException>(() => SoftHsm.Open(folder.FullName));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task RunAsync_SessionClosedBehindItsBack_RecoversAtTheNextCall()
    {
        using var token = fixture.SoftHsm.OpenToken("session-lost");
        await Assert.ThrowsAnyAsync<HsmException>(() => token.RunAsync(
            session =>
            {
                session.Native.CloseSession();
                return session.Find([], "Test");
            },
            default));

        Assert.Empty(await token.RunAsync(session => session.Find([], "Test"), default));
        Assert.Equal(0, token.RentedSessions);
    }

    [Fact]
    public async Task Dispose_WhileWorking_WaitsForTheWork()
    {
        var token = fixture.SoftHsm.OpenToken("dispose");
        using var started = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var work = token.RunAsync(
            session =>
            {
                started.Set();
                goOn.Wait();
                return session.Find([], "Test").Count;
            },
            default);
        started.Wait();
        var disposal = Task.Run(token.Dispose);
        Assert.NotSame(disposal, await Task.WhenAny(disposal, Task.Delay(50)));
        goOn.Set();

        Assert.Equal(0, await work);
        await disposal;
        await Assert.ThrowsAsync<ObjectDisposedException>(() => token.RunAsync(_ => 1, default));
    }
}
