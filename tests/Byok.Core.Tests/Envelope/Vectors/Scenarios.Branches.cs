using System.Text;
using Byok.Core.Branches;
using Byok.Core.Envelope;
using Byok.Core.Keys;

namespace Byok.Core.Tests.Envelope.Vectors;

/// <summary>What vault, record and copy say about a branch, and what a reader makes of it.</summary>
internal sealed partial class Scenarios
{
    private static VaultKey Old(string state, bool isEnabled, long activation = 1) =>
        TestKeys.Version(TestKeys.KeyId, TestKeys.PublicKey, state, activation, Pins(), isEnabled);

    private static VaultKey New(long activation = 2, bool isEnabled = true, BranchPins? pins = null) =>
        Active(TestKeys.NewKeyId, activation, isEnabled, TestKeys.NewPublicKey, pins);

    private VectorReader WithRecord(BranchWrapping first, params VaultKey[] versions) => WithRecord([first], versions);

    private static VectorReader WithRecord(BranchWrapping[] wrappings, params VaultKey[] versions) =>
        Reader(versions.Length > 0 ? versions : [Active()]) with { Record = new BranchRecord("archive", Branch("one").Name, wrappings).ToUtf8Json() };

    private void AddCopyAndRecord()
    {
        var (byOld, byNew) = (wrapped.As(WrappedBranches.One), wrapped.As(WrappedBranches.OneByNewKey));
        var (wrongByOld, wrongByNew) = (wrapped.As(WrappedBranches.Stranger), new BranchWrapping(TestKeys.NewKeyId, TestKeys.NewPublicKey.Thumbprint, wrapped.Bytes(WrappedBranches.One)));
        var record = WithRecord([byNew, byOld]).Record!;
        var (text, blob) = (Encoding.UTF8.GetString(record), Blob(100, seed: "record"));
        VaultKey[] rotated = [Old(KeyTags.Replaced, isEnabled: false), New()];
        void Read(string name, string scenario, VectorReader reader, TestBlob? other = null) => Good(name, scenario, other ?? blob, Plaintext(100), reader: reader);
        void Refuse(string name, string expected, string scenario, VectorReader reader, TestBlob? other = null) => Bad(name, expected, scenario, other ?? blob, reader: reader);

        // Only the record could serve: the copy's version was replaced.
        void Malformed(string name, string scenario, byte[] bytes) => Refuse(name, Unavailable, scenario, Reader(rotated) with { Record = bytes });
        void Text(string name, string scenario, string altered) => Malformed(name, scenario, Encoding.UTF8.GetBytes(altered));

        Read("copy_old_record_new", "rotated: the copy is under a version that was replaced, the record under the new one", WithRecord([byNew, byOld], rotated));
        Read("copy_old_record_spaced", "the same, the record written with white space and members in another order",
            Reader(rotated) with { Record = Encoding.UTF8.GetBytes($"\n{{ \"wrappings\" : {text[text.IndexOf('[')..^1]},\t\"branch\":\"{Branch("one").Name}\", \"format\":1 }}\r\n") });
        Read("record_old_copy_new", "rolled back: the record has the replaced version only, the copy is under the new one",
            WithRecord([byOld], rotated), Blob(100, seed: "record", copy: WrappedBranches.OneByNewKey));
        Refuse("record_old_copy_old", Unavailable, "rolled back: record and copy are under a version that was replaced", WithRecord([byOld], rotated));
        Read("record_lost_copy_serves", "no record; the copy is under a version that was retired and still unwraps", Reader(Old(KeyTags.Retired, isEnabled: true), New()));
        Refuse("record_lost_copy_replaced", Unavailable, "no record, and the copy is under a version that was replaced", Reader(rotated));
        Refuse("record_lost_version_disabled", Unavailable, "no record, and the copy's version is disabled", Reader(Old(KeyTags.Retired, isEnabled: false), New()));
        Read("record_by_disabled_version_copy_serves", "the record's version is disabled, the copy's is not",
            WithRecord([byNew], Old(KeyTags.Retired, isEnabled: true), New(isEnabled: false)));
        Read("record_wrong_copy_serves", "the record wraps another branch's key", WithRecord(wrongByOld));
        Read("copy_wrong_record_serves", "the writer's copy wraps another branch's key, the record is right", WithRecord([byOld]), Blob(100, copy: WrappedBranches.Stranger));
        Refuse("record_and_copy_wrong", Integrity, "record and copy wrap another branch's key", WithRecord(wrongByOld), Blob(100, copy: WrappedBranches.Stranger));
        Refuse("record_wrong_copy_disabled", Unavailable, "the record wraps garbage, and the copy's version is disabled",
            WithRecord([wrongByNew], Old(KeyTags.Retired, isEnabled: false), New()));
        Refuse("record_names_another_thumbprint", Integrity, "record and copy name a version that has another thumbprint",
            WithRecord([byOld], Active(key: TestKeys.NewPublicKey)));
        Refuse("copy_names_one_version_and_another_ones_thumbprint", Integrity, "the copy would unwrap under another version than it names",
            Reader(Old(KeyTags.Retired, isEnabled: true), New()),
            Blob(100, wrapping: new BranchWrapping(TestKeys.KeyId, TestKeys.NewPublicKey.Thumbprint, wrapped.Bytes(WrappedBranches.OneByNewKey))));
        Read("key_brought_again", "the version is gone, another one has its thumbprint", Reader(Active(KeyIdentifier.Parse("https://fabrikam.vault.azure.net/keys/archive/1"))));
        Read("key_rotated_back", "the copy's version was replaced, and its key became active again under another version",
            Reader(Old(KeyTags.Replaced, isEnabled: false), New(), Active(KeyIdentifier.Parse("https://contoso.vault.azure.net/keys/archive/3"), activation: 3)));
        Refuse("key_under_another_name", Unavailable, "the key is in the vault under another name only",
            Reader(Active(KeyIdentifier.Parse("https://contoso.vault.azure.net/keys/elsewhere/1"))));
        Refuse("key_pending", Unavailable, "the version is there, but was never proven", Reader(TestKeys.Version(TestKeys.KeyId, TestKeys.PublicKey, KeyTags.Pending, 3, Pins()), New()));

        Read("record_malformed_copy_serves", "a malformed record is as good as none", Reader(Active()) with { Record = record[..^1] });
        Malformed("record_empty", "an empty record", []);
        Malformed("record_not_utf8", "a record that is not UTF-8", [.. record[..20], 0xFF, .. record[21..]]);
        Malformed("record_cut", "a record without its end", record[..^1]);
        Text("record_byte_order_mark", "a record with a byte order mark", "\uFEFF" + text);
        Text("record_two_objects", "a record with something behind it", text + "{}");
        Text("record_an_array", "a record that is no object", $"[{text}]");
        Text("record_format_2", "a record of another format", text.Replace("\"format\":1", "\"format\":2", StringComparison.Ordinal));
        Text("record_format_as_text", "the format as text", text.Replace("\"format\":1", "\"format\":\"1\"", StringComparison.Ordinal));
        Text("record_member_unknown", "a member that is not listed", text.Replace("\"format\":1", "\"format\":1,\"state\":\"current\"", StringComparison.Ordinal));
        Text("record_member_twice", "a member twice, once with an escape", text.Replace("\"format\":1", "\"format\":1,\"f\\u006frmat\":1", StringComparison.Ordinal));
        Text("record_member_missing", "no thumbprint", text.Replace($"\"thumbprint\":\"{byOld.KeyThumbprint}\",", "", StringComparison.Ordinal));
        Text("record_of_another_branch", "the record of another branch", text.Replace($"{Branch("one").Name}", $"{Branch("other").Name}", StringComparison.Ordinal));
        Text("record_of_another_key", "the record of another key", text.Replace("/keys/archive/", "/keys/elsewhere/", StringComparison.Ordinal));
        Text("record_without_wrappings", "an empty list", $"{text[..(text.IndexOf('[') + 1)]}]}}");
        Text("record_of_another_algorithm", "wrapped otherwise", text.Replace("RSA-OAEP-256", "RSA-OAEP", StringComparison.Ordinal));
        Text("record_of_32769_bytes", "a record that is too long", text + new string(' ', BranchRecord.MaxLengthInBytes + 1 - text.Length));
        var wrapping = text[(text.IndexOf('[') + 1)..(text.IndexOf('}') + 1)];
        Text("record_wrapping_twice", "two wrappings of one version", text.Replace("[", $"[{wrapping},", StringComparison.Ordinal));
        Text("record_of_17_wrappings", "more wrappings than there may be",
            text.Replace(wrapping, string.Join(',', Enumerable.Range(1, 16).Select(n => wrapping.Replace(TestKeys.NewKeyId.Version, $"{n}", StringComparison.Ordinal))), StringComparison.Ordinal));
    }

    private void AddPins()
    {
        var blob = Blob(100, seed: "pins");
        var strangers = Blob(100, seed: "pins", branchName: "stranger", copy: WrappedBranches.Stranger);
        VaultKey Tagged(params (string Tag, string? Value)[] tags)
        {
            var altered = new Dictionary<string, string>(Active().Tags);
            foreach (var (tag, value) in tags)
            {
                altered.Remove(tag);
                if (value is not null)
                {
                    altered[tag] = value;
                }
            }

            return TestKeys.Version(TestKeys.KeyId, TestKeys.PublicKey, true, altered);
        }

        string Names(params string[] names) => string.Join(' ', names.Select(name => Branch(name).Name));
        void Read(string name, string scenario, params VaultKey[] versions) => Good(name, scenario, blob, Plaintext(100), reader: Reader(versions));
        void Refuse(string name, string expected, string scenario, params VaultKey[] versions) => Bad(name, expected, scenario, blob, reader: Reader(versions));

        var full = Enumerable.Range(0, 8).Aggregate(Pins(), (pins, n) => pins.SealCurrentAndPin(Branch($"{n}").Name));
        Good("branch_sealed", "a branch that is only read", Blob(100, branchName: "other", copy: WrappedBranches.Other), Plaintext(100));
        Read("branch_sealed_in_the_second_tag", "ten sealed branches", Active(pins: full.SealCurrentAndPin(Branch("8").Name)));
        Bad("branch_not_pinned", Integrity, "a whole envelope under a branch of a stranger's, wrapped with the public key", strangers);
        Bad("branch_not_pinned_but_recorded", Integrity, "the same, with a record to go with it", strangers,
            reader: Reader(Active()) with { Record = new BranchRecord("archive", Branch("stranger").Name, [wrapped.As(WrappedBranches.Stranger)]).ToUtf8Json() });
        Refuse("branch_retired", Integrity, "a branch that was taken out of the pins", Active(pins: Pins().SealCurrentAndPin(Branch("2").Name).Retire(Branch("one").Name)));
        Refuse("branch_retired_by_a_newer_version", Integrity, "a version of before pins the branch, the one that counts does not",
            Old(KeyTags.Retired, isEnabled: true), New(pins: BranchPins.Start("archive", Branch("2").Name)));
        Bad("key_not_accepted", Integrity, "all is right, but the reader does not accept the key", blob, reader: Reader(Active()) with { Accepted = ["Archive", "elsewhere"] });
        Refuse("key_without_versions", Unavailable, "the vault has nothing under the key's name");
        Refuse("key_without_pins", Unavailable, "the version that counts pins no branch", Tagged((KeyTags.Branch, null), (KeyTags.Branches, null)));
        Refuse("key_without_activation", Unavailable, "a version that never became active by a tag", Tagged((KeyTags.Activation, null)));
        Refuse("key_disabled", Unavailable, "the only version is disabled", Active(isEnabled: false));
        Read("pins_of_a_disabled_version", "the pins of the version that became active last count, though it is disabled", Old(KeyTags.Retired, isEnabled: true), New(isEnabled: false));
        Read("pins_of_a_replaced_version", "and though it was replaced",
            TestKeys.Version(TestKeys.KeyId, TestKeys.PublicKey, KeyTags.Active, 1, BranchPins.Start("archive", Branch("2").Name)),
            TestKeys.Version(TestKeys.NewKeyId, TestKeys.NewPublicKey, KeyTags.Replaced, 2, Pins(), isEnabled: false));
        Read("pins_of_a_pending_version", "those of a version that was never proven do not count, whatever its activation",
            Active(), TestKeys.Version(TestKeys.NewKeyId, TestKeys.NewPublicKey, KeyTags.Pending, 9, BranchPins.Start("archive", Branch("stranger").Name)));
        Read("pins_the_same_twice", "two versions became active last and pin the same", Active(), New(activation: 1));
        Refuse("pins_different_twice", Unavailable, "two versions became active last and pin different branches", Active(), New(activation: 1, pins: Pins().SealCurrentAndPin(Branch("2").Name)));
        Read("pins_without_a_current_branch", "only sealed branches: enough to read", Tagged((KeyTags.Branch, null), (KeyTags.Branches, Names("one"))));
        foreach (var (name, scenario, tag, value) in new[]
        {
            ("pins_current_empty", "an empty value", KeyTags.Branch, ""),
            ("pins_two_current", "two current branches", KeyTags.Branch, Names("one", "2")),
            ("pins_two_spaces", "two spaces between names", KeyTags.Branches, Names("other", "2").Replace(" ", "  ", StringComparison.Ordinal)),
            ("pins_space_behind", "a space behind the last name", KeyTags.Branches, Names("other") + " "),
            ("pins_by_comma", "names apart by commas", KeyTags.Branches, Names("other", "2").Replace(' ', ',')),
            ("pins_six_in_a_tag", "six names in one tag", KeyTags.Branches, Names("other", "2", "3", "4", "5", "6")),
            ("pins_sealed_twice", "a sealed branch in both tags", KeyTags.MoreBranches, Names("other")),
            ("pins_current_and_sealed", "the current branch is sealed, too", KeyTags.Branches, Names("one")),
            ("pins_cut", "a name cut short", KeyTags.Branches, Names("other")[..42]),
            ("pins_padded", "a name with padding", KeyTags.Branches, Names("other") + "="),
            ("activation_zero", "an activation below the limit", KeyTags.Activation, "0"),
            ("activation_not_a_number", "an activation that is no number", KeyTags.Activation, "1.0"),
            ("activation_of_16_digits", "more digits than a decimal may have", KeyTags.Activation, "1000000000000000"),
        })
        {
            Refuse(name, Unavailable, scenario, Tagged((tag, value)));
        }
    }

    private void AddSealedDek()
    {
        var blob = Blob(200);
        var id = blob.Header.BlobId;
        using var dek = blob.OpenDek();
        using var one = Branch("one");
        using var other = Branch("other");
        void Sealed(string name, string scenario, byte[] sealedDek) =>
            Bad(name, Integrity, scenario, SignedWith(blob.With(EnvelopeFields.SealedDek, Base64(sealedDek)), dek));

        var right = blob.Header.SealedDek.ToArray();
        Sealed("sealed_dek_nonce_flipped", "a bit of the nonce", Flip(right, 0));
        Sealed("sealed_dek_flipped", "a bit of the ciphertext", Flip(right, 20));
        Sealed("sealed_dek_tag_flipped", "a bit of the tag", Flip(right, 59));
        Sealed("sealed_dek_for_another_blob", "the right DEK, sealed by the right branch for another blob", one.SealDek(dek, new BlobId(new byte[16]), new DeterministicRandom("a").Fill));
        Sealed("sealed_dek_by_another_branch", "the right DEK, sealed by another pinned branch", other.SealDek(dek, id, new DeterministicRandom("b").Fill));
        using var otherDek = Dek("other");
        Sealed("sealed_dek_holds_another_dek", "another DEK, sealed by the right branch for this blob", one.SealDek(otherDek, id, new DeterministicRandom("c").Fill));

        var today = new Dictionary<string, string>(blob.Metadata) { ["byok_wrapped_dek"] = Base64(wrapped.Bytes(WrappedBranches.One)), ["byok_generation"] = "1" };
        foreach (var field in new[] { EnvelopeFields.Branch, EnvelopeFields.SealedDek, EnvelopeFields.WrappedBranch, EnvelopeFields.Written })
        {
            today.Remove(field);
        }

        Bad("made_by_an_earlier_build", Integrity, "the form of builds before the first release: a wrapped DEK, no branch", blob with { Metadata = today });
        Bad("made_by_no_build", Malformed, "a wrapped DEK and a branch, too", blob.With("byok_wrapped_dek", Base64(wrapped.Bytes(WrappedBranches.One))));
    }
}
