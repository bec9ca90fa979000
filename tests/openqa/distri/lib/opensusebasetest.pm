# SPDX-License-Identifier: MIT

package opensusebasetest;

use Mojo::Base 'basetest', -signatures;

1;
