namespace Byok.Local.Tokens;

/// <summary>What is known of a token before it is opened, so that one that was lost is not replaced in silence.</summary>
/// <param name="SerialNumber">Its serial number; null when that was not kept.</param>
/// <param name="MustExist">Whether there was one: then none is made.</param>
/// <param name="NameIt">How its serial number is given, for messages.</param>
/// <param name="GiveItUp">How its loss is accepted, for messages.</param>
public sealed record ExpectedToken(string? SerialNumber, bool MustExist, string NameIt, string GiveItUp);
