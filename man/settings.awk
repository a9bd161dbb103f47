# SPDX-License-Identifier: GPL-3.0-or-later
# Fills in a page or the example file from the tables of the sources.
#
#	awk -v top=DIRECTORY -f settings.awk TEMPLATE
#
# A line of the template that is one of these words between at signs becomes
#	OPTION-SETTINGS   a list of the settings of the command line
#	SETTINGS          every setting with its long text, man/settings/NAME
#	LETTERS           sendmail's letters that are used
#	IGNORED-LETTERS   those that are not
#	MODES             what may stand behind -b
#	USED-OPTIONS      behind -o and -O, with effect
#	IGNORED-OPTIONS   those without
#	DIAGNOSTICS       what can be said about a mail, src/queue/outcome.def
#	PROVIDERS         the providers, etc/providers
#	EXAMPLE           every setting as a comment of a settings file
# A table is a file of C macro calls: NAME(argument, "text", ...).

function fail(text)
{
	print "settings.awk: " text > "/dev/stderr"
	failed = 1
	exit 1
}

# The whole file without comments.
function slurp(path,    line, text, n)
{
	text = ""
	while ((n = (getline line < path)) > 0)
		text = text line "\n"
	if (n < 0)
		fail("cannot read " path)
	close(path)
	return text
}

function strip_comments(text,    out, at, end)
{
	out = ""
	while ((at = index(text, "/*")) > 0) {
		out = out substr(text, 1, at - 1) " "
		text = substr(text, at + 2)
		end = index(text, "*/")
		if (end == 0)
			fail("a comment does not end")
		text = substr(text, end + 2)
	}
	return out text
}

# Reads the next macro call of "rest" into row[0] (its name), row[1], ...
# and returns the number of arguments, or -1 at the end.
function next_row(    n, at, c)
{
	if (!match(rest, /[A-Z]+\(/))
		return -1
	row[0] = substr(rest, RSTART, RLENGTH - 1)
	rest = substr(rest, RSTART + RLENGTH)
	n = 1
	row[1] = ""
	while (rest != "") {
		sub(/^[ \t\n]+/, "", rest)
		c = substr(rest, 1, 1)
		if (c == "\"") {
			match(rest, /^"([^"\\]|\\.)*"/)
			if (RLENGTH < 0)
				fail("a text does not end")
			row[n] = row[n] substr(rest, 2, RLENGTH - 2)
			rest = substr(rest, RLENGTH + 1)
		} else if (c == ",") {
			row[++n] = ""
			rest = substr(rest, 2)
		} else if (c == ")") {
			rest = substr(rest, 2)
			return n
		} else {
			match(rest, /^[^,) \t\n"]+/)
			row[n] = row[n] (row[n] == "" ? "" : " ") \
			    substr(rest, 1, RLENGTH)
			rest = substr(rest, RLENGTH + 1)
		}
	}
	fail("a row does not end")
}

function open_table(path)
{
	rest = strip_comments(slurp(top "/" path))
}

# mdoc for an argument: words in small letters are literal, others stand for
# something.
function argument(text,    n, i, words, out)
{
	n = split(text, words, "|")
	out = ""
	for (i = 1; i <= n; i++) {
		if (i > 1)
			out = out " | "
		if (words[i] ~ /^[a-z0-9][-.,a-z0-9]*$/)
			out = out "Cm " words[i]
		else {
			sub(/\.\.\.$/, " ...", words[i])
			out = out "Ar " tolower(words[i])
		}
	}
	return out
}

# A sentence: first letter large, full stop, in lines that are not too long.
function sentence(text,    n, i, words, line, out)
{
	text = toupper(substr(text, 1, 1)) substr(text, 2) "."
	n = split(text, words, " ")
	out = ""
	line = words[1]
	for (i = 2; i <= n; i++) {
		if (length(line) + length(words[i]) > 74) {
			out = out line "\n"
			line = ""
		}
		sub(/^-/, "\\-", words[i])
		line = line (line == "" ? "" : " ") words[i]
	}
	return out line
}

function option_settings(    name)
{
	open_table("src/settings/settings.def")
	print ".Bl -tag -width Ds"
	while (next_row() == 7) {
		if (row[4] !~ /CLI/ || row[1] == "FROM")
			continue
		name = row[2]
		gsub(/_/, "-", name)
		print ".It Fl -" name " Ns = Ns " argument(row[6])
		print sentence(row[7])
	}
	print ".El"
}

function settings_list(    text)
{
	open_table("src/settings/settings.def")
	print ".Bl -tag -width Ds"
	while (next_row() == 7) {
		print ".It Ic " row[2] " " argument(row[6])
		text = slurp(top "/man/settings/" row[2])
		if (text !~ /[^ \t\n]/)
			fail("man/settings/" row[2] " is empty")
		printf "%s", text
		if (row[5] != "")
			print "The default is\n.Cm " row[5] " ."
	}
	print ".El"
}

function letter_list(use,    flag)
{
	open_table("src/settings/letters.def")
	print ".Bl -tag -width Ds"
	while (next_row() == 5) {
		if (row[3] != use)
			continue
		flag = ".It Fl " row[1]
		if (row[4] != "" && row[2] == "GLUED")
			flag = flag " Ns Op " argument(row[4])
		else if (row[4] != "")
			flag = flag " " argument(row[4])
		print flag
		print sentence(row[5])
	}
	print ".El"
}

# One row for each sentence, in the order of the table.
function diagnostics(    code, key, order, n, i, seen)
{
	code["EX_UNAVAILABLE"] = 69; code["EX_SOFTWARE"] = 70
	code["EX_TEMPFAIL"] = 75; code["EX_PROTOCOL"] = 76
	code["EX_NOPERM"] = 77; code["EX_CONFIG"] = 78
	code["EX_DATAERR"] = 65; code["EX_NOHOST"] = 68
	open_table("src/queue/outcome.def")
	print ".Bl -diag"
	n = 0
	while (next_row() == 6) {
		if (row[4] == "EX_OK" || seen[row[5]]++)
			continue
		if (!(row[4] in code))
			fail("outcome.def: no number for " row[4])
		print ".It \"" row[5] "\""
		print "Exit status " code[row[4]] "."
		if (row[6] != "")
			print sentence(row[6])
	}
	print ".El"
}

# Modes: used, or refused.
function mode_list()
{
	open_table("src/settings/sendmail.def")
	print ".Bl -tag -width Ds"
	while (next_row() > 0) {
		if (row[0] == "MODE")
			print ".It Fl b" row[1] "\n" sentence(row[3])
		else if (row[0] == "REFUSED")
			print ".It Fl b" row[1] "\n" sentence("refused: " row[2])
	}
	print ".El"
}

# Old options: -oX, -O Name=Value.
function option_list(use,    flag)
{
	open_table("src/settings/sendmail.def")
	print ".Bl -tag -width Ds"
	while (next_row() > 0) {
		if (row[0] != "CLASSIC" || row[4] != use)
			continue
		flag = ".It Fl o" row[1]
		if (row[5] != "" && row[3] == "GLUED")
			flag = flag " Ns Op " argument(row[5])
		else if (row[5] != "")
			flag = flag " " argument(row[5])
		if (row[2] != "")
			flag = flag " , Fl O Cm " row[2]
		print flag "\n" sentence(row[6])
	}
	print ".El"
}

# Domains in lines that are not too long; of a long list only the first.
function domain_text(text,    n, i, words, line, out, most)
{
	n = split(text, words, " ")
	most = n > 16 ? 12 : n
	out = ""
	line = words[1] (most > 1 ? "," : "")
	for (i = 2; i <= most; i++) {
		if (length(line) + length(words[i]) > 70) {
			out = out line "\n"
			line = ""
		}
		line = line (line == "" ? "" : " ") words[i] \
		    (i < most ? "," : "")
	}
	out = out line
	if (most < n)
		out = out "\nand " n - most " more"
	return out
}

function provider_list(    lines, n, i, word, name, host, domains)
{
	n = split(slurp(top "/etc/providers"), lines, "\n")
	print ".Bl -tag -width \"netease-enterprise\" -compact"
	name = ""
	for (i = 1; i <= n + 1; i++) {
		word = i <= n ? lines[i] : "account"
		sub(/ .*/, "", word)
		if (word == "account") {
			if (name != "")
				print ".It Li " name "\n" host "\n" domains
			name = substr(lines[i], 9)
			host = ""
			domains = "(by its name)"
		} else if (word == "host")
			host = substr(lines[i], 6) ":"
		else if (word == "domains")
			domains = domain_text(substr(lines[i], 9))
	}
	print ".El"
}

function example(    line)
{
	open_table("src/settings/settings.def")
	while (next_row() == 7) {
		if (row[2] == "domains" || row[2] == "hosts" || \
		    row[2] == "hint")
			continue
		print ""
		print "# " row[7]
		print "#" row[2] " " (row[5] != "" ? row[5] : row[6])
	}
}

BEGIN {
	if (top == "")
		fail("top is not set")
}

/^@[A-Z-]+@$/ {
	if ($0 == "@OPTION-SETTINGS@")
		option_settings()
	else if ($0 == "@SETTINGS@")
		settings_list()
	else if ($0 == "@LETTERS@")
		letter_list("USE")
	else if ($0 == "@IGNORED-LETTERS@")
		letter_list("IGNORE")
	else if ($0 == "@MODES@")
		mode_list()
	else if ($0 == "@USED-OPTIONS@")
		option_list("USE")
	else if ($0 == "@IGNORED-OPTIONS@")
		option_list("IGNORE")
	else if ($0 == "@DIAGNOSTICS@")
		diagnostics()
	else if ($0 == "@PROVIDERS@")
		provider_list()
	else if ($0 == "@EXAMPLE@")
		example()
	else
		fail(FILENAME ":" FNR ": unknown " $0)
	next
}

{ print }

END { exit failed }
